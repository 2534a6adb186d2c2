import type { OidcUpstream } from "../../src/config/dex-connector-configuration.ts";
import { Secret } from "../../src/protocol/secret.ts";
import { TRANSACTION } from "./fake-vendor.ts";

/** The options of an oidc connector in dex's rules, with dex's defaults. */
export function federatedOidc(
  provider: { readonly issuer: string; readonly clientId: string; readonly clientSecret: string },
  changed: Partial<OidcUpstream> = {},
): OidcUpstream {
  return {
    type: "oidc",
    issuer: provider.issuer,
    issuerAlias: "",
    clientId: provider.clientId,
    clientSecret: new Secret(provider.clientSecret),
    redirectUri: TRANSACTION.redirectUri,
    endpoints: { token: "", authorization: "", jwks: "", userinfo: "", endSession: "" },
    scopes: ["profile", "email"],
    insecureSkipEmailVerified: false,
    insecureEnableGroups: false,
    allowedGroups: [],
    acrValues: [],
    getUserInfo: false,
    userIdKey: "sub",
    userNameKey: "name",
    promptType: "consent",
    overrideClaimMapping: false,
    claimMapping: { preferredUsername: "", email: "", groups: "" },
    claimModifications: { newGroupFromClaims: [], groupsFilter: "", prefix: "", suffix: "" },
    tokenExchangeAudiences: [],
    ...changed,
  };
}
