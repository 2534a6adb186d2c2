import type { Configuration } from "../configuration.ts";
import type { OAuth2ProxyConfiguration, OAuth2ProxyUpstream } from "../oauth2-proxy-configuration.ts";
import type { Settings } from "./settings.ts";

/** One thing that Gatehouse does otherwise than the original, and whether it can be noticed with a configuration. */
export interface Difference {
  /** Sentences for whoever is about to swap, with the way back where there is one. */
  readonly text: string;
  readonly matters: (looked: Looked) => boolean;
}

/** A configuration, as the rules of the table look at it. */
export interface Looked {
  readonly settings: Settings;
  readonly configuration: Configuration;
  readonly proxy: OAuth2ProxyConfiguration;
}

type Matters = Difference["matters"];

const row = (matters: Matters, text: string): Difference => ({ text, matters });

const option =
  (name: Parameters<Settings["flag"]>[0]): Matters =>
  ({ settings }) =>
    settings.flag(name);

const provider =
  (...types: readonly string[]): Matters =>
  ({ configuration }) =>
    configuration.connectors.some(({ type }) => types.includes(type));

const upstream =
  (wanted: (upstream: OAuth2ProxyUpstream) => boolean): Matters =>
  ({ proxy }) =>
    proxy.upstreams.upstreams.some(wanted);

const both =
  (one: Matters, other: Matters): Matters =>
  (looked) =>
    one(looked) && other(looked);

const hasRules: Matters = ({ proxy }) => proxy.skipAuth.rules.length > 0;
const refreshes: Matters = ({ configuration: { session } }) => session.kind !== "record" && session.refreshSeconds > 0;
const inRedis: Matters = ({ configuration }) => configuration.session.kind === "oauth2-proxy-redis";
const speaksOidc: Matters = ({ configuration }) => configuration.connectors.some((one) => "issuer" in one);
const hasApplication = upstream(({ target }) => target.kind === "http");
const hasWebSockets = upstream(({ target }) => target.kind === "http" && target.proxyWebSockets);

const ACCESS: readonly Difference[] = [
  row(
    ({ settings }) => settings.flag("reverse-proxy") && settings.list("trusted-proxy-ip").length === 0,
    "--reverse-proxy without --trusted-proxy-ip: X-Forwarded-* headers are believed from private and loopback addresses, not from everybody. Set --trusted-proxy-ip when the gateway has a public address.",
  ),
  row(
    ({ settings }) => settings.flag("reverse-proxy") && settings.list("trusted-ip").length > 0,
    "--trusted-ip: a header names the client only when a trusted proxy sent it; of several addresses, the last that is no trusted proxy counts. Name the gateway with --trusted-proxy-ip.",
  ),
  row(
    hasRules,
    "--skip-auth-route and --skip-auth-regex must match a path in every way it can be read, so that /public/../admin is /admin, however it is written.",
  ),
  row(
    ({ settings, proxy }) =>
      settings.flag("reverse-proxy") && proxy.skipAuth.rules.some(({ method }) => method !== undefined),
    "--skip-auth-route with a method: X-Forwarded-Method and X-Original-Method of a trusted proxy count.",
  ),
  row(
    both(option("reverse-proxy"), both(hasRules, hasApplication)),
    "X-Forwarded-Uri alone skips no sign-in for what is fetched from an --upstream: the request's own path and method must match the rule too. Ask /oauth2/auth, or use a static:// upstream, to go by the header.",
  ),
  row(
    ({ settings }) =>
      (["skip-auth-route", "skip-auth-regex", "api-route"] as const).some((name) =>
        settings.list(name).some((item) => item === "" || /^[^=]*=$/.test(item)),
      ),
    "An empty pattern (a superfluous comma) matches nothing; the original lets every request pass.",
  ),
  row(
    ({ settings }) => settings.list("skip-auth-route").some((route) => /^[^!=]*=.*!=/s.test(route)),
    "A --skip-auth-route is negated only when != comes before any other equals sign; the original looks for it anywhere.",
  ),
  row(
    ({ proxy }) => proxy.admission.emailsFile !== undefined,
    "--authenticated-emails-file: an odd line is read as far as its first field goes; the original then keeps nobody of the file.",
  ),
  row(
    ({ proxy }) => proxy.htpasswd !== undefined,
    "--htpasswd-file: after five wrong passwords an account has to wait: 429, at /oauth2/auth 403. The form is not taken from other sites, and whoever is taken out of the file has to go.",
  ),
];

const PROVIDERS: readonly Difference[] = [
  row(
    ({ settings, ...looked }) => !settings.flag("skip-oidc-discovery") && speaksOidc({ settings, ...looked }),
    "An identity provider that is down, or whose discovery cannot be used, does not stop the start: it is tried again, and sign-in answers 503 until then.",
  ),
  row(
    both(speaksOidc, ({ settings }) => !settings.flag("skip-claims-from-profile-url")),
    "An answer of the profile URL is refused when its signature does not verify, or when it is about another subject (not for azure). --skip-claims-from-profile-url does not ask it.",
  ),
  row(
    provider("google"),
    "google: signature, issuer and audience of the ID token are verified. While the Admin SDK is down nobody is signed in without groups.",
  ),
  row(
    both(provider("google"), refreshes),
    "google: whoever has left all of the groups is signed out at the next refresh.",
  ),
  row(
    provider("keycloak-oidc"),
    "keycloak-oidc: roles are read from access tokens that verify only, and replaced at a refresh instead of added up.",
  ),
  row(
    ({ configuration }) => configuration.connectors.some((one) => one.type === "gitlab" && one.projects.length > 0),
    "gitlab: projects are asked for again at a refresh.",
  ),
  row(
    provider("azure"),
    "azure: sessions of the version 2 endpoints end with their tokens, not at once; Graph is asked for an address that no token has.",
  ),
  row(
    both(provider("entra-id"), option("skip-jwt-bearer-tokens")),
    "entra-id: bearer tokens are accepted of the allowed tenants only.",
  ),
  row(
    both(
      provider("digitalocean", "bitbucket"),
      ({ settings }) => !settings.flag("insecure-oidc-allow-unverified-email"),
    ),
    "An e-mail address that digitalocean or bitbucket has not verified signs nobody in. --insecure-oidc-allow-unverified-email lets it.",
  ),
  row(provider("login.gov"), "login.gov: nonce, key, issuer and audience of the ID token are verified for each login."),
  row(
    ({ configuration }) =>
      configuration.connectors.some(
        (one) => one.type === "github" && one.organization === "" && one.teams.some((team) => !team.includes(":")),
      ),
    "github: a team without its organisation matches nobody, and keeps nobody out who is in another one of the list. Write organisation:team.",
  ),
  row(
    ({ proxy }) => proxy.loginParameters.some(({ name }) => PROTOCOL_PARAMETERS.has(name)),
    "loginURLParameters cannot add a second client_id, redirect_uri, response_type, scope or state. Use --scope.",
  ),
];

const PROTOCOL_PARAMETERS: ReadonlySet<string> = new Set([
  "client_id",
  "redirect_uri",
  "response_type",
  "scope",
  "state",
]);

const SESSIONS: readonly Difference[] = [
  row(
    refreshes,
    "--cookie-refresh: requests at the same time share one refresh, and a provider that cannot be reached signs nobody out before the tokens end, and after three failures has a pause of up to 15 seconds. Another subject, or an unverified address, does.",
  ),
  row(
    inRedis,
    "A Redis that is down does not stop the start, and signs nobody out: requests get 503 until it is back. Each sign-in gets a ticket of its own.",
  ),
  row(
    ({ configuration: { session } }) => session.kind === "oauth2-proxy-redis" && session.cacheSeconds > 0,
    "A session in Redis is answered for from memory for up to --session-cache; 0s asks Redis each time, as the original does.",
  ),
  row(
    ({ settings }) => settings.text("cookie-secret-file") !== "" && settings.text("cookie-secret") === "",
    "A line end at the end of --cookie-secret-file is dropped where the original would not start because of it.",
  ),
  row(
    ({ configuration }) => configuration.cookie.domains.length > 1,
    "--cookie-domain is chosen by the host without its port, at dots, whatever its case.",
  ),
  row(
    ({ configuration }) => configuration.cookie.domains.length > 0,
    "Signing out deletes a cookie from before --cookie-domain too, when the browser sends both.",
  ),
  row(
    ({ settings }) => !["", "lax", "strict", "none"].includes(settings.text("cookie-csrf-samesite")),
    "A wrong --cookie-csrf-samesite is ignored; in the original every sign-in fails.",
  ),
  row(
    ({ proxy: { csrf } }) => csrf.perRequest && csrf.perRequestLimit <= 0,
    "--cookie-csrf-per-request without a limit keeps 20 logins in flight. Set --cookie-csrf-per-request-limit for another number.",
  ),
  row(
    ({ proxy }) => proxy.whitelistDomains.some((domain) => /^\*?\./.test(domain)),
    "--whitelist-domain: hosts that are no plain host names, such as evil.test;a.example.com, match no .example.com.",
  ),
  row(
    ({ proxy }) => proxy.bearer !== undefined,
    "A bearer token that verified is believed for ten seconds, and not beyond its end.",
  ),
];

const APPLICATION: readonly Difference[] = [
  row(
    hasApplication,
    "Identity headers that a client sends are removed in every spelling, and our own cookies are not sent to upstreams.",
  ),
  row(
    both(hasApplication, ({ settings }) => settings.list("trusted-proxy-ip").length === 0),
    "X-Forwarded-*, Forwarded and X-Real-IP reach applications from private and loopback addresses only. Set --reverse-proxy and --trusted-proxy-ip for a gateway elsewhere.",
  ),
  row(
    ({ proxy }) => proxy.upstreams.upstreams.length > 0,
    "Scripts, images and WebSockets without a session get 401 and JSON, not the sign-in page or a redirect.",
  ),
  row(hasApplication, "A GET or HEAD with a body is answered 400, and TRACE 405."),
  row(
    hasApplication,
    "Answers of applications: a missing Content-Type is not guessed, above 64 KiB there is no Content-Length, and a status above 599 becomes 502.",
  ),
  row(
    hasWebSockets,
    "WebSockets end with their session, and are opened for pages of the same origin (https where the site is) or of --whitelist-domain only. 502 when the application picks none of the offered subprotocols.",
  ),
  row(
    upstream(({ target }) => target.kind === "http" && !target.proxyWebSockets),
    "--proxy-websockets=false really keeps WebSockets out: the application sees a plain request.",
  ),
  row(
    ({ proxy }) => proxy.upstreams.proxyRawPath,
    "proxyRawPath: dot segments (%2e%2e too) are resolved before anything looks at the path, and backslashes become slashes.",
  ),
  row(
    upstream(({ rewriteTarget }) => rewriteTarget !== undefined),
    "rewriteTarget: $2 means the second group; a result with .. is answered 400, and a ; in a query is kept.",
  ),
  row(
    upstream(({ target }) => target.kind === "file"),
    "file:// upstreams: links that lead out of the folder are not followed, and several ranges get the whole file.",
  ),
  row(({ proxy }) => proxy.signature !== undefined, "--signature-key: what is sent is signed, bodies up to 32 MiB."),
  row(
    ({ settings, ...looked }) =>
      settings.flag("ssl-insecure-skip-verify") &&
      !settings.flag("ssl-upstream-insecure-skip-verify") &&
      hasApplication({ settings, ...looked }),
    "--ssl-insecure-skip-verify holds for the identity provider only; set --ssl-upstream-insecure-skip-verify for upstreams.",
  ),
];

const SERVER: readonly Difference[] = [
  row(
    ({ settings, configuration }) =>
      settings.text("redirect-url") === "" &&
      !settings.flag("cookie-secure") &&
      configuration.listeners.some(({ tls }) => tls !== undefined),
    "A TLS listener with --cookie-secure=false: the redirect_uri begins with https://. Set --redirect-url for another one.",
  ),
  row(
    ({ settings }) => settings.text("proxy-prefix").endsWith("/"),
    "--proxy-prefix: the slash at its end is dropped.",
  ),
  row(
    ({ settings }) => settings.list("tls-cipher-suite").some((name) => /RC4|3DES/.test(name)),
    "--tls-cipher-suite: RC4 and 3DES are never offered.",
  ),
  row(
    ({ configuration }) => configuration.telemetryListeners.length > 0,
    "Metrics: the original's are there, but for those of the Go runtime (go_*), and ours beside them.",
  ),
  row(
    ({ proxy }) => proxy.logging === undefined,
    "Without logging options, the log is JSON with other fields. Any of them, such as --standard-logging=true, brings the original's log back.",
  ),
  row(
    ({ proxy }) => proxy.logging !== undefined,
    "--request-logging: codes, states and tokens in addresses are masked.",
  ),
  row(
    ({ settings }) => settings.text("custom-templates-dir") === "",
    "Without --custom-templates-dir, the pages look otherwise, and show no version.",
  ),
  row(
    ({ settings }) => settings.text("custom-templates-dir") !== "",
    "--custom-templates-dir: the field Version is empty, and the logo is ours unless --custom-sign-in-logo names one.",
  ),
];

/** All that depend on what is configured; docs/reference/differences-from-oauth2-proxy.md has the others too. */
export const DIFFERENCES: readonly Difference[] = [ACCESS, PROVIDERS, SESSIONS, APPLICATION, SERVER].flat();
