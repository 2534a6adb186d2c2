import type { LdapUpstream } from "../../../config/dex-connector-configuration.ts";
import type { Identity } from "../../../protocol/identity.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import { type LdapEntry, textAt } from "./entry.ts";

/**
 * Who an entry is. The address counts as verified: whoever keeps the directory vouches for it.
 *
 * @throws {ConnectorError} `untrusted` when a configured attribute is missing; all of them are named.
 */
export function identityOfEntry(
  entry: LdapEntry,
  search: LdapUpstream["userSearch"],
  groups: readonly string[],
): Identity {
  const missing: string[] = [];
  const required = (name: string): string => {
    const text = textAt(entry, name);
    if (text === "") missing.push(name);
    return text;
  };
  const optional = (name: string): string => (name === "" ? "" : required(name));
  const userId = required(search.idAttr);
  const username = optional(search.nameAttr);
  const preferredUsername = optional(search.preferredUsernameAttr);
  const email = search.emailSuffix === "" ? required(search.emailAttr) : `${username}@${search.emailSuffix}`;
  if (missing.length > 0) throw untrusted(`${entry.dn} has no value of the attribute(s) ${JSON.stringify(missing)}`);
  return { userId, username, preferredUsername, email, emailVerified: true, groups };
}
