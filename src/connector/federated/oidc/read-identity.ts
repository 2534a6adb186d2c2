import type { OidcUpstream } from "../../../config/dex-connector-configuration.ts";
import type { Identity } from "../../../protocol/identity.ts";
import type { RegularExpression } from "../../../protocol/regular-expression.ts";
import type { Claims } from "../../oidc/identity-claims.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import { personalClaims } from "./personal-claims.ts";
import { readGroups } from "./read-groups.ts";

/**
 * Who verified claims say somebody is, by dex's rules (its reference §8.6): a claim of another type than expected is not there.
 *
 * @throws {ConnectorError} `untrusted` when a claim is missing that must be there; `denied` when the person may not enter.
 */
export function readIdentity(claims: Claims, upstream: OidcUpstream, groupsFilter?: RegularExpression): Identity {
  const { userIdKey, userNameKey, overrideClaimMapping, claimMapping } = upstream;
  const mapped = (standard: string, other: string): string | undefined => {
    const told = textClaim(claims, standard);
    return other !== "" && (told === undefined || overrideClaimMapping) ? textClaim(claims, other) : told;
  };
  requireText(claims, "sub");
  const identity = {
    userId: requireText(claims, userIdKey),
    username: textClaim(claims, userNameKey) ?? missing(userNameKey),
    preferredUsername: mapped("preferred_username", claimMapping.preferredUsername) ?? "",
    ...readEmail(mapped("email", claimMapping.email), claims, upstream),
    groups: readGroups(claims, upstream, groupsFilter),
  };
  return { ...identity, ...personalClaims(claims) };
}

/** Who asked for the address wants to know it, and whether it is verified. */
function readEmail(
  email: string | undefined,
  { email_verified: told }: Claims,
  { scopes, claimMapping, insecureSkipEmailVerified }: OidcUpstream,
): Pick<Identity, "email" | "emailVerified"> {
  const isAsked = scopes.includes("email");
  if (email === undefined && isAsked) missing(claimMapping.email || "email");
  const verified = typeof told === "boolean" ? told : undefined;
  if (verified === undefined && isAsked && !insecureSkipEmailVerified) missing("email_verified");
  return { email: email ?? "", emailVerified: verified ?? insecureSkipEmailVerified };
}

function requireText(claims: Claims, name: string): string {
  return textClaim(claims, name) || missing(name);
}

function textClaim(claims: Claims, name: string): string | undefined {
  const value = claims[name];
  return typeof value === "string" ? value : undefined;
}

function missing(name: string): never {
  throw untrusted(`the identity provider told no usable claim ${JSON.stringify(name)}`);
}
