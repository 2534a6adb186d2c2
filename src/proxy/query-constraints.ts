import { emailDomain } from "./allow.ts";
import type { Decision } from "./decide.ts";
import type { Identity } from "../protocol/identity.ts";
import { queryProblem } from "../protocol/percent-encoding.ts";

const NAMES = ["allowed_groups", "allowed_emails", "allowed_email_domains"] as const;
type ConstraintName = (typeof NAMES)[number];

/**
 * Narrow a decision by the query of the check itself, as oauth2-proxy's users write it into a gateway's configuration:
 * `/oauth2/auth?allowed_groups=a,b&allowed_emails=…&allowed_email_domains=…`. All that are there must hold; in each, one
 * of its values. Compared exactly, case included; `.example.com` and `*.example.com` also match `example.com`.
 *
 * Fails closed where the original fails open: an empty or malformed constraint forbids, and a stranger in a public place has to
 * sign in.
 *
 * @param query without `?`.
 */
export function constrain(decision: Decision, query: string): Decision {
  if (decision.outcome !== "allow" || !hasConstraints(query)) return decision;
  const { app, subject } = decision;
  if (subject === undefined) return { outcome: "sign-in", app };
  return meetsConstraints(query, { subject, verifiedEmailOnly: true })
    ? decision
    : { outcome: "forbid", app, reason: "not-allowed" };
}

/** Does this query constrain who may pass, or look as if it should? */
export function hasConstraints(query: string): boolean {
  if (!query.includes("allowed_") && !query.includes("%")) return false;
  const parameters = new URLSearchParams(query);
  return (
    NAMES.some((name) => parameters.has(name)) || (query.includes("allowed_") && queryProblem(query) !== undefined)
  );
}

/** Does somebody meet all of a query's constraints? An empty one nobody meets, nor a malformed query, in which the original sees none at all. */
export function meetsConstraints(query: string, asked: Asked): boolean {
  if (queryProblem(query) !== undefined) return false;
  const parameters = new URLSearchParams(query);
  return NAMES.filter((name) => parameters.has(name)).every((name) => isMet(name, parameters.getAll(name), asked));
}

/** Whom a constraint is about. */
export interface Asked {
  readonly subject: Identity;
  /** An address that the upstream does not vouch for matches nothing; false in the drop-in, because oauth2-proxy does not ask. */
  readonly verifiedEmailOnly: boolean;
}

function isMet(name: ConstraintName, raw: readonly string[], asked: Asked): boolean {
  const { subject } = asked;
  const values = raw.flatMap((value) => value.split(",")).filter((value) => value !== "");
  if (name === "allowed_groups") {
    const allowed = new Set(values); // both lists may be long
    return subject.groups.some((group) => allowed.has(group));
  }
  if (asked.verifiedEmailOnly && !subject.emailVerified) return false;
  if (name === "allowed_emails") return values.includes(subject.email);
  const domain = emailDomain(subject.email);
  return domain !== undefined && values.some((pattern) => matchesDomain(pattern, domain));
}

function matchesDomain(pattern: string, domain: string): boolean {
  const suffix = pattern.startsWith("*.") ? pattern.slice(1) : pattern;
  if (!suffix.startsWith(".")) return suffix === domain;
  return suffix.slice(1) === domain || (suffix.length > 1 && domain.endsWith(suffix));
}
