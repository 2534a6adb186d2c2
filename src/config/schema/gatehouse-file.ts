import * as v from "valibot";

import { app } from "./apps.ts";
import { connector } from "./connectors.ts";
import { client, provider } from "./provider.ts";
import { isHostPattern } from "./host-pattern.ts";
import { described, say, section } from "./section.ts";
import { cookie, session } from "./sessions.ts";
import { accepted, choice, ipRange, list, listOfSome, listenAddress, matching, origin, text } from "./values.ts";

const storage = v.variant(
  "type",
  [
    section("storage", { type: described(v.literal("memory"), "Gone when the process ends.") }),
    section("storage", {
      type: described(v.literal("sqlite"), "One file."),
      file: v.optional(described(text("./data/gatehouse.db"), "Default: gatehouse.db in dataDir.")),
    }),
  ],
  say("is not a storage.", "Write a type: sqlite or memory."),
);

const logging = section("logging", {
  format: v.optional(described(choice("auto", "json", "text"), "auto: text on a terminal, JSON elsewhere."), "auto"),
  level: v.optional(
    described(choice("debug", "info", "warn", "error"), "Least important line that is written."),
    "info",
  ),
});

const branding = section("branding", {
  name: v.optional(described(text("Acme"), "Name on the pages."), "Gatehouse"),
  logo: v.optional(described(text("./logo.svg"), "SVG or PNG file.")),
  accent: v.optional(
    described(matching(/^#[0-9a-fA-F]{6}$/, "a colour", "#0055aa"), "Colour of the one clear action."),
  ),
  footer: v.optional(described(text("Questions? Ask IT."), "Text under every page.")),
  stylesheet: v.optional(described(text("./brand.css"), "CSS file added after our own.")),
});

const off = v.literal("off");
const returnHost = accepted(isHostPattern, "a host", "other.example.com or .example.org, in lower case");
const prefix = matching(/^(?:\/[A-Za-z0-9._~-]+)+$/, "a path", "/oauth2, with a slash in front and none at the end");

/** The whole native file. */
export const gatehouseFile = section("the file", {
  publicUrl: described(
    origin("https://auth.example.com"),
    "Where people and clients reach Gatehouse; also the provider's issuer.",
  ),
  listen: v.optional(described(listenAddress, "Where it listens."), "0.0.0.0:8080"),
  telemetryListen: v.optional(
    described(
      v.union(
        [off, listenAddress],
        say("is not an address to listen on.", "Write one such as 127.0.0.1:9090, or off."),
      ),
      "For /metrics, /healthz and /readyz; off: nowhere.",
    ),
    "127.0.0.1:9090",
  ),
  dataDir: v.optional(described(text("./data"), "Folder of the embedded SQLite and generated secrets."), "./data"),
  storage: v.optional(described(storage, "Where sessions and the provider's objects are kept."), { type: "sqlite" }),
  trustedProxies: v.optional(
    described(list(ipRange, "[10.0.0.0/8]"), "Whose X-Forwarded-* and X-Original-* are believed; empty: nobody's."),
    [],
  ),
  pathPrefix: v.optional(described(prefix, "Root of the endpoints for signing in and out."), "/oauth2"),
  returnHosts: v.optional(
    described(list(returnHost, "[other.example.com]"), "More hosts that people may be sent back to."),
    [],
  ),
  cookie: v.optional(described(cookie, "The session cookie."), {}),
  session: v.optional(described(session, "How long sessions live."), {}),
  connectors: described(listOfSome(connector, "[{ id: local, type: local, users: […] }]"), "How people sign in."),
  apps: v.optional(
    described(
      list(app, "[{ host: wiki.example.com, allow: { everyone: true } }]"),
      "What is protected; first match wins, no match is denied.",
    ),
    [],
  ),
  clients: v.optional(described(list(client, "[{ id: grafana, … }]"), "Who may use the provider."), []),
  provider: v.optional(described(provider, "The OpenID Connect provider; on when this key or a client is there.")),
  branding: v.optional(described(branding, "What the pages look like."), {}),
  logging: v.optional(described(logging, "What is logged, and how."), {}),
});

/** The file as it is understood: defaults filled in, secrets not yet read. */
export type GatehouseFile = v.InferOutput<typeof gatehouseFile>;
