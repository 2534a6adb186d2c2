import { connector, type Difference, oidc } from "./difference.ts";

/** OpenID Connect, OAuth 2.0 and SAML upstream. */
export const FEDERATION_DIFFERENCES: readonly Difference[] = [
  {
    was: "oidc: with `getUserInfo`, another `sub` replaces that of the ID token",
    is: "must be the same",
    why: "OpenID Connect Core §5.3.2",
    back: "",
    matters: oidc(({ getUserInfo }) => getUserInfo),
  },
  {
    was: "oidc: `groupsFilter` does not hold for `groups` that is one text",
    is: "does",
    why: "groups that were meant to be kept out would give access",
    back: "",
  },
  {
    was: "oidc: `allowedGroups` without `insecureEnableGroups` lets everybody in",
    is: "holds",
    why: "a restriction that does nothing",
    back: "remove `allowedGroups`",
    matters: oidc(({ allowedGroups, insecureEnableGroups }) => allowedGroups.length > 0 && !insecureEnableGroups),
  },
  {
    was: "oidc: `providerDiscoveryOverrides` switch PKCE off, and `pkceChallenge: plain` shows the verifier to the browser",
    is: "PKCE stays, and is `S256` wherever the provider offers it",
    why: "a stolen code could be redeemed",
    back: "",
  },
  {
    was: "oidc: `at_hash`, and `iss` of the callback, are not looked at",
    is: "are when they are there; a promised `iss` must be",
    why: "RFC 9207: one provider could pass on the answer of another",
    back: "`issuerAlias` for a provider whose `iss` is another",
  },
  {
    was: "oidc, google, openshift: an `https` issuer may name `http` endpoints",
    is: "is refused",
    why: "secrets and codes would travel in clear",
    back: "`providerDiscoveryOverrides` (oidc)",
  },
  {
    was: "google: `groups` is looked at only with the scope `groups`, and not at all without `domainToAdminEmail`",
    is: "always; without it nobody signs in",
    why: "a restriction that does nothing",
    back: "remove `groups`",
    matters: connector("google"),
  },
  {
    was: "microsoft: `groups` does nothing with the tenants `common`, `consumers` and `organizations`",
    is: "nobody signs in, and the log says why",
    why: "a restriction that does nothing",
    back: "your own tenant, or no `groups`",
    matters: connector("microsoft"),
  },
  {
    was: "microsoft: `emailToLowercase` holds at the sign-in only, and somebody in more than 1,000 groups fails",
    is: "at renewals too; groups are asked in parts, whatever `batchGroupLookups` says",
    why: "the same result each time",
    back: "",
    matters: connector("microsoft"),
  },
  {
    was: "oauth: numbers beyond 2^53 as a user's id become one user; microsoft, oauth: an empty id is accepted",
    is: "are refused",
    why: "one could be the other",
    back: "a claim that is text as `userIDKey`",
  },
  {
    was: "saml: an assertion may do without recipient and audience, or hold for ever",
    is: "names one of them, and says how long it holds",
    why: "one that was made for another service must not open this one",
    back: "",
    matters: connector("saml"),
  },
  {
    was: "saml: a response may be posted again while its request lives",
    is: "signs in once",
    why: "replay",
    back: "",
  },
];
