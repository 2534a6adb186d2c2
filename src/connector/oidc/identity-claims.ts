import type { OidcOptions } from "../../config/connector-configuration.ts";
import type { Identity } from "../../protocol/identity.ts";
import { ConnectorError } from "../connector-error.ts";
import { isRecord } from "./upstream-request.ts";

export type Claims = Readonly<Record<string, unknown>>;

export type ClaimRules = Pick<OidcOptions, "emailClaim" | "groupsClaim" | "allowUnverifiedEmail">;

/** More than this many groups are not kept. */
const MAX_GROUPS = 10_000;

/** Is there something to be learnt from the userinfo endpoint: the address, or the groups? */
export function isIncomplete(claims: Claims, rules: ClaimRules): boolean {
  const groupsMissing = rules.groupsClaim !== "" && findClaim([claims], rules.groupsClaim) === undefined;
  return groupsMissing || textClaim([claims], rules.emailClaim) === "";
}

/**
 * Who the claims say somebody is.
 *
 * @param sources sets of claims about the same `sub`, the most trusted first: the ID token, then userinfo.
 * @param previous of a renewal: its name and address stay where the sources say nothing. Groups do not: many upstreams
 *   leave the claim out for who is in none.
 * @throws {ConnectorError} `denied` when the upstream says that the address is not verified. Saying nothing is accepted, but
 *   then `emailVerified` is false. Without this, anybody could sign up at the upstream with somebody else's address.
 */
export function readIdentity(sources: readonly Claims[], rules: ClaimRules, previous?: Identity): Identity {
  const known = previous ?? NOBODY;
  const userId = textClaim(sources, "sub");
  const { email, emailVerified } = readEmail(sources, rules) ?? known;
  const preferredUsername = textClaim(sources, "preferred_username") || known.preferredUsername;
  const name = textClaim(sources, "name") || known.username;
  return {
    userId,
    username: name || preferredUsername || email || userId,
    preferredUsername,
    email,
    emailVerified,
    groups: groupsOf(rules.groupsClaim === "" ? undefined : findClaim(sources, rules.groupsClaim)),
  };
}

/**
 * A claim by its path: the literal name first, then with dots that descend into objects (`realm_access.roles`).
 * @returns undefined when no source has it; null counts as not there.
 */
export function findClaim(sources: readonly Claims[], path: string): unknown {
  for (const claims of sources) {
    const found = own(claims, path) ?? descend(claims, path.split("."));
    if (found !== undefined) return found;
  }
  return undefined;
}

const NOBODY = { username: "", preferredUsername: "", email: "", emailVerified: false };

/** Whether an address is verified is believed only from the source that names the address. */
function readEmail(
  sources: readonly Claims[],
  rules: ClaimRules,
): Pick<Identity, "email" | "emailVerified"> | undefined {
  const source = sources.find((claims) => textClaim([claims], rules.emailClaim) !== "");
  if (source === undefined) return undefined;
  const email = textClaim([source], rules.emailClaim);
  if (rules.allowUnverifiedEmail) return { email, emailVerified: true };
  // `email_verified` speaks of the claim `email` and of no other.
  const verified = rules.emailClaim === "email" ? own(source, "email_verified") : undefined;
  if (verified === false || verified === "false") {
    throw new ConnectorError(
      "denied",
      "Your e-mail address is not verified at the identity provider.",
      new Error("email_verified is false"),
    );
  }
  return { email, emailVerified: verified === true || verified === "true" };
}

/** One group, a list of groups, or a list of objects with a `name`. */
function groupsOf(value: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value.slice(0, MAX_GROUPS) : [value];
  return [...new Set(items.map((item) => clean(isRecord(item) ? item.name : item)).filter((name) => name !== ""))];
}

function textClaim(sources: readonly Claims[], path: string): string {
  for (const claims of sources) {
    const text = clean(findClaim([claims], path));
    if (text !== "") return text;
  }
  return "";
}

/** What has control characters in it is not a name; it would end up in headers and logs. */
function clean(value: unknown): string {
  return typeof value === "string" && !/[\0-\x1f\x7f]/.test(value) ? value : "";
}

function descend(value: unknown, path: readonly string[]): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  return isRecord(value) ? descend(own(value, first), rest) : undefined;
}

/** Not what every object inherits, such as `constructor`. */
function own(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? (claims[name] ?? undefined) : undefined;
}
