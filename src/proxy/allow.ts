import type { Allow } from "../config/configuration.ts";
import type { Identity } from "../protocol/identity.ts";

/** Does this rule let this identity pass? */
export type Admits = (identity: Identity) => boolean;

/**
 * Prepare an {@link Allow} for many questions. Its fields are alternatives.
 *
 * - `emails` compares without regard to ASCII case. `emailDomains` needs an address with exactly one `@`:
 *   `a@evil.test@corp.test` is nobody's (CVE-2026-40574). A bare `*` is any address at all.
 * - Only ASCII letters are folded: a Kelvin sign is not a `k`.
 * - An address that the upstream does not vouch for matches neither.
 */
export function createAdmits(allow: Allow): Admits {
  if (allow.everyone) return () => true;
  const groups = new Set(allow.groups);
  const admitsEmail = createAdmitsEmail(allow);
  return (identity) => {
    if (groups.size > 0 && identity.groups.some((group) => groups.has(group))) return true;
    return identity.emailVerified && admitsEmail(identity.email);
  };
}

/** The domain of an address with exactly one `@` and something before it; undefined otherwise. */
export function emailDomain(email: string): string | undefined {
  const at = email.indexOf("@");
  return at > 0 && at === email.lastIndexOf("@") && at < email.length - 1 ? email.slice(at + 1) : undefined;
}

/** One of the addresses, or an address of one of the domains; an empty one never. */
export function createAdmitsEmail(allow: Pick<Allow, "emails" | "emailDomains">): (email: string) => boolean {
  const emails = new Set(allow.emails.map(lowerAscii));
  const anyAddress = allow.emailDomains.includes("*");
  const domains = new Set<string>();
  const suffixes: string[] = [];
  for (const pattern of allow.emailDomains.map(lowerAscii)) {
    const suffix = pattern.startsWith("*.") ? pattern.slice(1) : pattern;
    if (suffix.startsWith(".")) suffixes.push(suffix);
    else domains.add(suffix);
  }
  return (email) => {
    if (email === "") return false;
    if (anyAddress) return true;
    const address = lowerAscii(email);
    if (emails.has(address)) return true;
    const domain = emailDomain(address);
    if (domain === undefined) return false;
    return domains.has(domain) || suffixes.some((suffix) => domain.length > suffix.length && domain.endsWith(suffix));
  };
}

/** Only A to Z: other letters that fold to them are other letters. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
