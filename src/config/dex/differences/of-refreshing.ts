import { connector, type Difference } from "./difference.ts";

/** Kinds whose identities are renewed with the identity provider. */
const renewing = connector(
  "oidc",
  "ldap",
  "github",
  "gitlab",
  "gitea",
  "google",
  "microsoft",
  "bitbucket-cloud",
  "keystone",
  "atlassian-crowd",
  "openshift",
  "linkedin",
);

/** What becomes of refresh tokens. */
export const REFRESH_DIFFERENCES: readonly Difference[] = [
  {
    was: "a refresh token that was replaced is refused",
    is: "is refused, and when it comes later than a client's own second try, what was made of it stops working too",
    why: "RFC 9700 §4.14.2: one of the two who have it is a thief",
    back: "`expiry.refreshTokens.reuseInterval` for clients that repeat themselves",
    matters: ({ provider }) => provider.refresh.rotate,
  },
  {
    was: "a secret of a refresh token has 25 characters",
    is: "51, so that Gatehouse knows which of them dex made",
    why: "a replaced token of dex's ends nothing, for its client was promised nothing else",
    back: "",
  },
  {
    was: "an identity provider that ended the login: 500, and the refresh token stays",
    is: "500, and the refresh token is over",
    why: "who has left does not come back",
    back: "",
    matters: renewing,
  },
  {
    was: "a refresh that tells of somebody else is accepted",
    is: "is refused, and the refresh token is over",
    why: "names are given to other people",
    back: "",
    matters: renewing,
  },
  {
    was: "a login whose connector is gone: 500",
    is: "400 `invalid_request`",
    why: "the mistake is not the server's",
    back: "",
  },
];
