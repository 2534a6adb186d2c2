import type { NewGroupFromClaims, OidcUpstream } from "../../../config/dex-connector-configuration.ts";
import type { RegularExpression } from "../../../protocol/regular-expression.ts";
import { denied } from "../../oauth2/api-request.ts";
import type { Claims } from "../../oidc/identity-claims.ts";
import { isRecord, untrusted } from "../../oidc/upstream-request.ts";

export type GroupRules = Pick<
  OidcUpstream,
  "insecureEnableGroups" | "allowedGroups" | "overrideClaimMapping" | "claimMapping" | "claimModifications"
>;

/**
 * The groups of verified claims, in dex's order: those of the claim that pass the filter and are allowed, renamed; then those made
 * of other claims, which are not renamed.
 *
 * Who is in none of the allowed groups may not enter, also where the groups are not handed on.
 *
 * @param filter absent = all pass.
 * @throws {ConnectorError} `denied`; `untrusted` when the claim holds anything but groups.
 */
export function readGroups(claims: Claims, rules: GroupRules, filter?: RegularExpression): readonly string[] {
  const { newGroupFromClaims, prefix, suffix } = rules.claimModifications;
  const listed = rules.insecureEnableGroups ? admittedGroups(claims, rules, filter) : [];
  if (!rules.insecureEnableGroups && rules.allowedGroups.length > 0) admittedGroups(claims, rules, filter);
  const made = newGroupFromClaims.map((recipe) => makeGroup(claims, recipe));
  return [...listed.map((group) => prefix + group + suffix), ...made.filter((group) => group !== undefined)];
}

function admittedGroups(claims: Claims, rules: GroupRules, filter: RegularExpression | undefined): readonly string[] {
  const groups = listedGroups(claims, rules).filter((group) => filter?.matches(group) ?? true);
  const { allowedGroups } = rules;
  if (allowedGroups.length === 0) return groups;
  const admitted = groups.filter((group) => allowedGroups.includes(group));
  if (admitted.length === 0) throw denied("in none of the allowed groups");
  return admitted;
}

/** A list of names, or of objects with a name; or one name. */
function listedGroups(claims: Claims, { overrideClaimMapping, claimMapping }: GroupRules): readonly string[] {
  const isMapped = claimMapping.groups !== "" && (overrideClaimMapping || !Array.isArray(claims.groups));
  const key = isMapped ? claimMapping.groups : "groups";
  const value = claims[key];
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    if (typeof item === "string") return [item];
    if (!isRecord(item)) throw untrusted(`the claim ${key} holds something that is no group`);
    return typeof item.name === "string" ? [item.name] : [];
  });
}

/** @returns undefined when there is none of the claims. Claims that are no texts count as not there. */
function makeGroup(
  claims: Claims,
  { claims: names, delimiter, clearDelimiter, prefix }: NewGroupFromClaims,
): string | undefined {
  const values = names.map((name) => claims[name]).filter((value) => typeof value === "string");
  if (values.length === 0) return undefined;
  // Without its own delimiters a value cannot pass for two.
  const parts = clearDelimiter ? values.map((value) => value.replaceAll(delimiter, "")) : values;
  return [prefix, ...parts].join(delimiter);
}
