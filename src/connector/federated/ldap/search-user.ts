import { AndFilter, type Filter, OrFilter, PresenceFilter } from "ldapts";
import type { LdapUpstream } from "../../../config/dex-connector-configuration.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import type { Directory } from "./directory.ts";
import type { LdapAttribute, LdapEntry } from "./entry.ts";
import { equals, parseFilters } from "./filter.ts";

/** More parts than any attribute has: 1,500 values or more each. */
const MAX_PARTS = 100;

/**
 * The entry of a user name, with the attributes that anything is made of.
 *
 * @returns undefined when there is none.
 * @throws {ConnectorError} `untrusted` when there are several: nobody can tell which of them is meant.
 */
export async function searchUser(
  directory: Directory,
  upstream: LdapUpstream,
  username: string,
): Promise<LdapEntry | undefined> {
  const { userSearch, groupSearch } = upstream;
  const { baseDn, scope, idAttr, emailAttr, nameAttr, preferredUsernameAttr } = userSearch;
  const matched = groupSearch.userMatchers.map(({ userAttr }) => userAttr);
  const entries = await directory.search({
    baseDn,
    scope,
    filter: userFilter(userSearch, username),
    // The user names too, as the development version keeps them in what it stores.
    attributes: [idAttr, emailAttr, ...matched, nameAttr, preferredUsernameAttr, ...userSearch.username],
    sizeLimit: 2,
  });
  const [entry] = entries;
  if (entries.length > 1) throw untrusted(`${JSON.stringify(username)} is the user name of several entries`);
  return entry && withAllValues(directory, entry);
}

function userFilter({ filter, username: attributes }: LdapUpstream["userSearch"], username: string): Filter {
  const filters = attributes.map((attribute) => equals(attribute, Buffer.from(username)));
  const [only] = filters;
  const isUser = filters.length === 1 && only !== undefined ? only : new OrFilter({ filters });
  return filter === "" ? isUser : new AndFilter({ filters: [...parseFilters(filter), isUser] });
}

/** Active Directory gives the values of a long attribute in parts (MS-ADTS §3.1.1.3.1.3.3): `memberOf;range=0-1499`. */
async function withAllValues(directory: Directory, entry: LdapEntry): Promise<LdapEntry> {
  const attributes = await Promise.all(entry.attributes.map((attribute) => allValues(directory, entry.dn, attribute)));
  return { dn: entry.dn, attributes };
}

async function allValues(directory: Directory, dn: string, first: LdapAttribute): Promise<LdapAttribute> {
  const name = rangeOf(first)?.name;
  if (name === undefined) return first;
  const values = [...first.values];
  for (let next = rangeOf(first)?.next, parts = 1; next !== undefined; parts++) {
    const part = parts < MAX_PARTS ? await nextPart(directory, dn, `${name};range=${next}-*`) : undefined;
    if (part === undefined) throw new Error(`${dn} has more values of ${name} than the directory gives`);
    values.push(...part.values);
    next = rangeOf(part)?.next;
  }
  return { name, values };
}

async function nextPart(directory: Directory, dn: string, attribute: string): Promise<LdapAttribute | undefined> {
  const filter = new PresenceFilter({ attribute: "objectClass" });
  const [entry] = await directory.search({ baseDn: dn, scope: "base", filter, attributes: [attribute] });
  return entry?.attributes.find((one) => rangeOf(one) !== undefined);
}

/** @returns undefined for an attribute that came whole; without `next` it is the last part. */
function rangeOf({ name }: LdapAttribute): { readonly name: string; readonly next?: number } | undefined {
  const [, base = "", last] = /^(.+);range=\d+-(\d+|\*)$/i.exec(name) ?? [];
  if (last === undefined) return undefined;
  return last === "*" ? { name: base } : { name: base, next: Number(last) + 1 };
}
