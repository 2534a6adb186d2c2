import { DEVICE_CODE, TOKEN_EXCHANGE } from "../grant-types.ts";
import { always, type Difference, grant, oidc } from "./difference.ts";

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
    was: "a refresh token that was replaced is refused",
    is: "is refused, and when it comes later than a client's own second try, what was made of it stops working too",
    why: "RFC 9700 §4.14.2: one of the two who have it is a thief",
    back: "`expiry.refreshTokens.reuseInterval` for clients that repeat themselves",
    matters: ({ provider }) => provider.refresh.rotate,
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
    was: "a device whose user rejects it waits until its code expires",
    is: "gets `access_denied`",
    why: "RFC 8628 §3.5",
    back: "",
    matters: grant(DEVICE_CODE),
  },
  {
    was: "a device code that was used gives the same tokens again and again",
    is: "once",
    why: "RFC 8628 §3.4: it is a credential",
    back: "",
    matters: grant(DEVICE_CODE),
  },
];
