import * as v from "valibot";

import { isRedirectUri } from "./redirect-uri.ts";
import { described, section } from "./section.ts";
import { accepted, choice, duration, flag, httpUrl, list, listOfSome, matching, secret, text } from "./values.ts";

const clientId = matching(/^[\x21-\x7e]{1,255}$/, "a client id", "grafana");

const redirectUri = accepted(
  isRedirectUri,
  "an absolute redirect URI without fragment, wildcard and user name",
  "https://grafana.example.com/login/generic_oauth",
);

/** An application that uses the provider. */
export const client = section("a client", {
  id: described(clientId, "Its client_id."),
  name: v.optional(described(text("Grafana"), "What people read when it asks; default: the id.")),
  secret: v.optional(described(secret, "Its client_secret; not for public clients.")),
  public: v.optional(
    described(flag, "Cannot keep a secret: a program on people's machines or in a browser. Needs PKCE."),
    false,
  ),
  redirectUris: described(
    listOfSome(redirectUri, "[https://grafana.example.com/login/generic_oauth]"),
    "Where it may be answered, compared exactly.",
  ),
  postLogoutRedirectUris: v.optional(
    described(list(httpUrl("https://grafana.example.com/"), "[https://…]"), "Where it may send people after logout."),
    [],
  ),
  trustedPeers: v.optional(described(list(clientId, "[other]"), "Clients that may ask for tokens for this one."), []),
  allowedConnectors: v.optional(described(list(text("corp"), "[corp]"), "Only these connectors; default: all."), []),
  logoUrl: v.optional(described(httpUrl("https://grafana.example.com/logo.svg"), "Its logo.")),
});

export type ClientEntry = v.InferOutput<typeof client>;

const refreshTokens = section("refreshTokens", {
  rotate: v.optional(described(flag, "Each use gives a new one."), true),
  reuseInterval: v.optional(
    described(duration("0s", "5m"), "So long after a rotation the token before is still answered, for lost answers."),
    "3s",
  ),
  lifetime: v.optional(described(duration("0s", "3650d"), "End after it was first issued; 0s: none."), "90d"),
  idle: v.optional(described(duration("0s", "3650d"), "End when it was not used for so long; 0s: none."), "30d"),
});

/** The OpenID Connect provider. */
export const provider = section("provider", {
  skipApproval: v.optional(described(flag, "Do not ask people whether a client may know who they are."), false),
  tokenLifetime: v.optional(described(duration("1m", "7d"), "ID tokens and access tokens."), "1h"),
  requestLifetime: v.optional(described(duration("1m", "1d"), "How long somebody may take to sign in."), "1h"),
  refreshTokens: v.optional(described(refreshTokens, "Refresh tokens."), {}),
  signing: v.optional(
    described(
      section("signing", {
        algorithm: v.optional(described(choice("RS256", "ES256"), "Algorithm of new signing keys."), "RS256"),
        rotation: v.optional(described(duration("5m", "365d"), "A new signing key so often."), "6h"),
      }),
      "Signing keys.",
    ),
    {},
  ),
  requirePkce: v.optional(described(flag, "Refuse clients that do not use PKCE (S256)."), false),
  responseTypes: v.optional(
    described(
      listOfSome(
        choice("code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"),
        "[code]",
      ),
      "Ways to answer clients. All but code put tokens into addresses: only for clients that cannot do without.",
    ),
    ["code"],
  ),
});
