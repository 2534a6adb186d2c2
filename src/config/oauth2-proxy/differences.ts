import type { Configuration } from "../configuration.ts";
import type { Settings } from "./settings.ts";

/** How Gatehouse behaves otherwise than the original with this configuration: sentences for whoever is about to swap. */
export function listDifferences(settings: Settings, configuration: Configuration): readonly string[] {
  return DIFFERENCES.filter(([, matters]) => matters(settings, configuration)).map(([text]) => text);
}

type Matters = (settings: Settings, configuration: Configuration) => boolean;

const hasRules: Matters = (_settings, { oauth2Proxy }) => (oauth2Proxy?.skipAuth.rules.length ?? 0) > 0;

const hasEmptyPattern: Matters = (settings) =>
  (["skip-auth-route", "skip-auth-regex", "api-route"] as const).some((name) =>
    settings.list(name).some((item) => item === "" || /^[^=]*=$/.test(item)),
  );

const forwardsRequests: Matters = (_settings, { oauth2Proxy }) =>
  (oauth2Proxy?.upstreams.upstreams ?? []).some(({ target }) => target.kind === "http");

const usesDiscovery: Matters = (settings, { connectors }) =>
  !settings.flag("skip-oidc-discovery") && connectors.some((connector) => "issuer" in connector);

/** What differs, and whether it can be noticed with a configuration. */
const DIFFERENCES: readonly (readonly [string, Matters])[] = [
  [
    "--reverse-proxy without --trusted-proxy-ip: X-Forwarded-* headers are believed from private and loopback addresses, not from everybody. Set --trusted-proxy-ip when the gateway has a public address.",
    (settings) => settings.flag("reverse-proxy") && settings.list("trusted-proxy-ip").length === 0,
  ],
  [
    "--real-client-ip-header: of several addresses, the last that no trusted proxy added is the client's, not the first, which clients can choose.",
    (settings) =>
      settings.flag("reverse-proxy") && settings.text("real-client-ip-header").toLowerCase() === "x-forwarded-for",
  ],
  [
    "--skip-auth-route and --skip-auth-regex are matched against the normalised path, so that /public/../admin is /admin.",
    hasRules,
  ],
  ["An empty pattern (a superfluous comma) matches nothing; the original lets every request pass.", hasEmptyPattern],
  [
    "A skip-auth route is negated only when != comes before any other equals sign; the original looks for it anywhere.",
    (settings) => settings.list("skip-auth-route").some((route) => /^[^!=]*=.*!=/s.test(route)),
  ],
  [
    "An identity provider that is down does not stop the start: discovery is tried again until it answers.",
    usesDiscovery,
  ],
  [
    "A Redis that is down does not stop the start, and signs nobody out: requests get 503 until it is back.",
    (_settings, { session }) => session.kind === "oauth2-proxy-redis",
  ],
  [
    "A session in Redis is answered for from memory for up to --session-cache; 0s asks Redis each time, as the original does.",
    (_settings, { session }) => session.kind === "oauth2-proxy-redis" && session.cacheSeconds > 0,
  ],
  [
    "A line end at the end of --cookie-secret-file is dropped where the original would not start because of it.",
    (settings) => settings.text("cookie-secret-file") !== "" && settings.text("cookie-secret") === "",
  ],
  [
    "--ssl-insecure-skip-verify holds for the identity provider only; set --ssl-upstream-insecure-skip-verify for upstreams.",
    (settings, configuration) =>
      settings.flag("ssl-insecure-skip-verify") &&
      !settings.flag("ssl-upstream-insecure-skip-verify") &&
      forwardsRequests(settings, configuration),
  ],
  [
    "A wrong --cookie-csrf-samesite is ignored; in the original every sign-in fails.",
    (settings) => !["", "lax", "strict", "none"].includes(settings.text("cookie-csrf-samesite")),
  ],
  [
    "Identity headers that a client sends are removed in every spelling, and our own cookies are not sent to upstreams.",
    forwardsRequests,
  ],
  [
    "Without logging options, the log is JSON with other fields. Any of them brings the original's log back.",
    (_settings, { oauth2Proxy }) => oauth2Proxy?.logging === undefined,
  ],
  [
    "Without --custom-templates-dir, the pages look otherwise, and show no version.",
    (settings) => settings.text("custom-templates-dir") === "",
  ],
];
