import type { OAuth2ProxyAdmission } from "../../config/oauth2-proxy-configuration.ts";
import type { Identity } from "../../protocol/identity.ts";
import { createAdmitsEmail, lowerAscii } from "../allow.ts";

/** Who may enter. Both must be right. */
export interface Admission {
  /** Is this an address of the listed domains or the file? An empty one never is. */
  admitsEmail(email: string): boolean;
  admitsGroups(groups: readonly string[]): boolean;
}

/** @param emails the addresses of the file, as they are now; lower case. */
export function createAdmission(configuration: OAuth2ProxyAdmission, emails: () => ReadonlySet<string>): Admission {
  const admitsDomain = createAdmitsEmail({ emails: [], emailDomains: configuration.emailDomains });
  const groups = new Set(configuration.groups);
  return {
    admitsEmail: (email) => admitsDomain(email) || (email !== "" && emails().has(lowerAscii(email))),
    admitsGroups: (own) => groups.size === 0 || own.some((group) => groups.has(group)),
  };
}

/** Somebody without an address, such as a user of the password file, is not asked for one once they are in. */
export function admitsIdentity(admission: Admission, { email, groups }: Identity): boolean {
  return (email === "" || admission.admitsEmail(email)) && admission.admitsGroups(groups);
}
