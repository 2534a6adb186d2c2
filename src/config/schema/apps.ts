import * as v from "valibot";

import { isHostPattern } from "./host-pattern.ts";
import { described, section } from "./section.ts";
import { accepted, duration, flag, list, listOfSome, matching, origin, text } from "./values.ts";

const host = accepted(
  (value) => !value.startsWith(".") && isHostPattern(value),
  "a host",
  "wiki.example.com or *.example.com, in lower case, with a port unless it is the scheme's own",
);
const method = matching(/^[A-Z][A-Z-]{0,19}$/, "a method", "GET, in capitals");
const emailAddress = matching(/^[^@\s]+@[^@\s]+$/, "an e-mail address", "admin@example.com");
const emailDomain = matching(
  /^(?:\*|(?:\*\.|\.)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)$/,
  "an e-mail domain",
  "example.com or *.example.com",
);
/** Whatever two programs could read differently (escapes, dot segments, `//`, `;`) would open a way round the rule. */
const pathPattern = matching(
  /^(?!.*(?:\/\/|\/\.\.?(?:\/|$)))(?:\/|(?:\/(?!\*\*)(?:[A-Za-z0-9\-._~!$&'()+,=:@]|\*(?!\*))*)*(?:\/\*\*)?)$/,
  "a path pattern (from the root, without query, encoding, dot segments; ** only as the last segment)",
  "/healthz or /admin/**",
);

const allow = section("allow", {
  everyone: v.optional(described(flag, "Any signed-in user."), false),
  groups: v.optional(described(list(text("staff"), "[staff]"), "Members of one of these groups."), []),
  emails: v.optional(described(list(emailAddress, "[admin@example.com]"), "These addresses, if verified."), []),
  emailDomains: v.optional(described(list(emailDomain, "[example.com]"), "Verified addresses of these domains."), []),
});

const access = {
  allow: v.optional(described(allow, "Who may pass; one match is enough.")),
  public: v.optional(described(flag, "Everybody may pass, signed in or not.")),
};

const rule = section("a rule", {
  paths: described(
    listOfSome(pathPattern, "[/healthz]"),
    "`/a` exactly, `/a/**` it and all below, `*` within one segment.",
  ),
  methods: v.optional(described(list(method, "[GET]"), "Only these methods; default: all."), []),
  ...access,
});

/** One protected application. */
export const app = section("an app", {
  host: described(
    host,
    "Its host; `*.example.com` covers sub-domains. With the port (`:8443`, or `:*` for any) unless it is the scheme's own.",
  ),
  name: v.optional(described(text("Wiki"), "What people read on the sign-in page; default: the host.")),
  upstream: v.optional(
    described(origin("http://wiki:8080"), "Where it runs, when Gatehouse itself is the reverse proxy."),
  ),
  upstreamTimeout: v.optional(described(duration("1s", "1h"), "How long to wait for the head of its answer."), "30s"),
  passHost: v.optional(described(flag, "Send the client's Host header on."), true),
  rules: v.optional(
    described(list(rule, "[{ paths: [/healthz], public: true }]"), "First match wins, before the app's own access."),
    [],
  ),
  ...access,
});

export type AppEntry = v.InferOutput<typeof app>;
export type AccessEntry = Pick<AppEntry, "allow" | "public">;
