import { compileExpression } from "../../../protocol/regular-expression.ts";
import type { NewGroupFromClaims, OAuthUpstream, OidcUpstream } from "../../dex-connector-configuration.ts";
import { fieldAt, flagAt, isTrueAt, listAt, objectsAt, textAt } from "../config-object.ts";
import { type Opening, oauthClient, refuse } from "./opening.ts";
import { trustOf } from "./pem.ts";

export function resolveOidc(opening: Opening): OidcUpstream {
  const { config } = opening;
  refuseHostedDomains(opening);
  const pkceChallenge = resolvePkce(opening);
  const basicAuthUnsupported = flagAt(config, "basicAuthUnsupported") ?? (isOkta(config) ? true : undefined);
  return {
    type: "oidc",
    ...oauthClient(opening),
    issuer: resolveIssuer(opening),
    issuerAlias: textAt(config, "issuerAlias"),
    endpoints: {
      token: textAt(config, "providerDiscoveryOverrides.tokenURL"),
      authorization: textAt(config, "providerDiscoveryOverrides.authURL"),
      jwks: textAt(config, "providerDiscoveryOverrides.jwksURL"),
      userinfo: textAt(config, "providerDiscoveryOverrides.userInfoURL"),
      endSession: textAt(config, "providerDiscoveryOverrides.endSessionURL"),
    },
    ...(basicAuthUnsupported === undefined ? {} : { basicAuthUnsupported }),
    scopes: scopesOr(opening, ["profile", "email"]),
    ...withTrust(opening),
    insecureSkipEmailVerified: isTrueAt(config, "insecureSkipEmailVerified"),
    insecureEnableGroups: isTrueAt(config, "insecureEnableGroups"),
    allowedGroups: listAt(config, "allowedGroups"),
    acrValues: listAt(config, "acrValues"),
    getUserInfo: isTrueAt(config, "getUserInfo"),
    userIdKey: textAt(config, "userIDKey") || "sub",
    userNameKey: textAt(config, "userNameKey") || "name",
    promptType: promptTypeOf(opening),
    ...(pkceChallenge === undefined ? {} : { pkceChallenge }),
    overrideClaimMapping: isTrueAt(config, "overrideClaimMapping"),
    claimMapping: {
      preferredUsername: textAt(config, "claimMapping.preferred_username"),
      email: textAt(config, "claimMapping.email"),
      groups: textAt(config, "claimMapping.groups"),
    },
    claimModifications: resolveModifications(opening),
    tokenExchangeAudiences: listAt(config, "tokenExchangeAudiences"),
  };
}

export function resolveOAuth(opening: Opening): OAuthUpstream {
  const { config } = opening;
  const claim = (name: string, usual: string): string => textAt(config, `claimMapping.${name}`) || usual;
  return {
    type: "oauth",
    ...oauthClient(opening),
    tokenUrl: textAt(config, "tokenURL"),
    authorizationUrl: textAt(config, "authorizationURL"),
    userinfoUrl: textAt(config, "userInfoURL"),
    scopes: listAt(config, "scopes"),
    ...withTrust(opening),
    userIdKey: textAt(config, "userIDKey") || "id",
    claimMapping: {
      username: claim("userNameKey", "user_name"),
      preferredUsername: claim("preferredUsernameKey", "preferred_username"),
      groups: claim("groupsKey", "groups"),
      email: claim("emailKey", "email"),
      emailVerified: claim("emailVerifiedKey", "email_verified"),
    },
  };
}

/** The scopes without `openid`, which is asked for anyway. An empty list is as good as none. */
export function scopesOr({ config }: Opening, usual: readonly string[]): readonly string[] {
  const scopes = listAt(config, "scopes");
  return (scopes.length === 0 ? usual : scopes).filter((scope) => scope !== "openid");
}

/** Empty is a value of its own. */
export function promptTypeOf({ config }: Opening): string {
  return fieldAt(config, "promptType") === undefined ? "consent" : textAt(config, "promptType");
}

function withTrust(opening: Opening): Pick<OidcUpstream, "trust"> {
  const entries = listAt(opening.config, "rootCAs");
  const trust = trustOf(opening, { authorities: "rootCAs", skipVerify: "insecureSkipVerify" }, entries);
  return trust === undefined ? {} : { trust };
}

function refuseHostedDomains(opening: Opening): void {
  if (listAt(opening.config, "hostedDomains").length === 0) return;
  const message =
    "support for the Hosted domains option had been deprecated and removed, consider switching to the Google connector";
  refuse(opening, "hostedDomains", message, "Remove it.");
}

function resolveIssuer(opening: Opening): string {
  const issuer = textAt(opening.config, "issuer");
  if (!(/^https?:\/\/[^/?#\s@]+[^?#\s]*$/i.test(issuer) && URL.canParse(issuer))) {
    const remedy = "Write the identity provider's address, without query and fragment.";
    refuse(opening, "issuer", "is not the address of an issuer.", remedy);
  }
  return issuer;
}

/** Okta refuses Basic, and the original knows. */
function isOkta(config: Opening["config"]): boolean {
  const host = /^https?:\/\/([^/:]+)/i.exec(textAt(config, "issuer"))?.[1] ?? "";
  return /(?:^|\.)(?:okta|oktapreview)\.com$/i.test(host);
}

function resolvePkce(opening: Opening): "S256" | "plain" | undefined {
  const method = textAt(opening.config, "pkceChallenge");
  if (method === "S256" || method === "plain") return method;
  if (method !== "") refuse(opening, "pkceChallenge", "unknown PKCE method.", "Write S256, or plain.");
  return undefined;
}

function resolveModifications(opening: Opening): OidcUpstream["claimModifications"] {
  const { config } = opening;
  const groupsFilter = textAt(config, "claimModifications.filterGroupClaims.groupsFilter");
  refusePattern(opening, groupsFilter);
  return {
    newGroupFromClaims: objectsAt(config, "claimModifications.newGroupFromClaims").map((group): NewGroupFromClaims => ({
      claims: listAt(group, "claims"),
      delimiter: textAt(group, "delimiter"),
      clearDelimiter: isTrueAt(group, "clearDelimiter"),
      prefix: textAt(group, "prefix"),
    })),
    groupsFilter,
    prefix: textAt(config, "claimModifications.modifyGroupNames.prefix"),
    suffix: textAt(config, "claimModifications.modifyGroupNames.suffix"),
  };
}

/** The original goes on without the filter, so that everybody has groups that were meant to be kept out. */
function refusePattern(opening: Opening, pattern: string): void {
  const compiled = compileExpression(pattern);
  if (!("error" in compiled)) return;
  const path = "claimModifications.filterGroupClaims.groupsFilter";
  refuse(opening, path, compiled.error, "Write a regular expression of RE2.");
}
