import { TOKEN_EXCHANGE } from "../grant-types.ts";
import { always, type Difference, grant, oidc, vault } from "./difference.ts";

/** What clients notice. */
export const TOKEN_DIFFERENCES: readonly Difference[] = [
  {
    was: "tokens cannot be revoked",
    is: "can, at `/token/revoke`",
    why: "RFC 7009",
    back: "",
    matters: always,
  },
  {
    was: "introspection answers whoever asks, whatever the client's credentials are",
    is: "wrong credentials get 401 `invalid_client`",
    why: "RFC 7662 §2.1",
    back: "",
    matters: always,
  },
  {
    was: "authorization codes have 25 letters",
    is: "are 32 random bytes in base64url",
    why: "RFC 6749 §10.10",
    back: "",
    matters: always,
  },
  {
    was: "another client's code: 500, and the code is spent",
    is: "400 `invalid_grant`",
    why: "RFC 6749 §5.2",
    back: "",
    matters: always,
  },
  {
    was: "a code that comes twice is refused the second time",
    is: "is refused, and the tokens that were given for it stop working",
    why: "RFC 6749 §4.1.2: it was stolen",
    back: "",
    matters: always,
  },
  {
    was: "token exchange does not look at the audience of the subject token",
    is: "must be the connector's `clientID`",
    why: "a token that another application of the same identity provider got would sign people in",
    back: "`tokenExchangeAudiences` in the connector's `config`: a list, or `*` for any",
    matters: (looked) =>
      grant(TOKEN_EXCHANGE)(looked) && oidc((upstream) => !upstream.tokenExchangeAudiences.includes("*"))(looked),
  },
  {
    was: "a client that is not public authenticates with an empty secret",
    is: "is refused",
    why: "nobody has proved anything",
    back: "`public: true`",
  },
  {
    was: "the scopes `address` and `phone` are not known",
    is: "are known; these and all `profile` claims that an OpenID Connect provider tells are at `/userinfo`, and in the access token",
    why: "OpenID Connect Core §5.4",
    back: "",
  },
  {
    was: "`/userinfo` takes an ID token too",
    is: "the same",
    why: "it tells only what the token itself says, and clients do it",
    back: "",
  },
  {
    was: "`/userinfo` reads the header only",
    is: "also `access_token` in a form",
    why: "RFC 6750 §2.2",
    back: "",
  },
  {
    was: "token exchange: 401, whatever fails",
    is: "503 when the identity provider cannot be asked",
    why: "clients know whether to try again",
    back: "",
  },
  {
    was: "the password grant may be tried without end",
    is: "429 with `Retry-After` after five wrong passwords",
    why: "guessing",
    back: "",
    matters: ({ provider }) => provider.passwordConnector !== "",
  },
  {
    was: "the password grant and token exchange read the address too",
    is: "the body only",
    why: "addresses get into logs",
    back: "",
    matters: ({ provider }) => provider.passwordConnector !== "",
  },
  {
    was: "of two `Authorization` headers, the first counts",
    is: "neither does",
    why: "nobody can tell which one was checked on the way",
    back: "",
  },
  {
    was: "Vault's ed25519 keys sign no token",
    is: "do; `at_hash` is made by SHA-512",
    why: "RFC 8037",
    back: "",
  },
  {
    was: "while Vault is down, no token is verified, no key is published, and clients get 500",
    is: "tokens are verified and keys are published as they were last read; who wants a new token gets 503 with `Retry-After`",
    why: "clients know when to try again, and signed-in people do not notice",
    back: "",
  },
  {
    was: "an authorization code can be redeemed again when Vault did not sign",
    is: "cannot: the sign-in begins anew",
    why: "a code is used up before anything is given for it, so that it is not used twice",
    back: "",
    matters: vault,
  },
  {
    was: "Vault's client reads `VAULT_NAMESPACE`, `VAULT_CACERT` and others",
    is: "only `VAULT_ADDR` and `VAULT_TOKEN` are read; where others are set, the start warns",
    why: "not there yet",
    back: "`NODE_EXTRA_CA_CERTS` for the authority; Vault's agent for the rest",
  },
  {
    was: "`acr` is never told",
    is: "is in the ID token, where the client asked for it and the identity provider said it",
    why: "OpenID Connect Core §2",
    back: "",
  },
];
