import { AndFilter } from "ldapts";
import type { LdapUpstream, LdapUserMatcher } from "../../../config/dex-connector-configuration.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import { type Directory, hasResultCode, NO_SUCH_OBJECT } from "./directory.ts";
import { type LdapEntry, textAt, valuesAt } from "./entry.ts";
import { equals, parseFilters } from "./filter.ts";

type GroupSearch = LdapUpstream["groupSearch"];

/**
 * The names of a user's groups, in the order of the matchers and of the directory. As in dex, a group that two matchers find is
 * named twice, unless the second one follows groups of groups.
 *
 * @throws {ConnectorError} `untrusted` when a group has no name.
 */
export async function searchGroups(
  directory: Directory,
  search: GroupSearch,
  user: LdapEntry,
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const matcher of search.userMatchers) {
    const groups = await groupsWith(directory, search, matcher.groupAttr, valuesAt(user, matcher.userAttr));
    if (matcher.recursionGroupAttr === "") names.push(...groups.map((group) => nameOf(group, search)));
    else await follow({ directory, search, matcher }, groups, names);
  }
  return names;
}

/** Level by level; a name that is known already is not followed again, so circles end. */
async function follow(
  context: { readonly directory: Directory; readonly search: GroupSearch; readonly matcher: LdapUserMatcher },
  groups: readonly LdapEntry[],
  names: string[],
): Promise<void> {
  const { directory, search, matcher } = context;
  for (let level = groups; level.length > 0;) {
    const added: Buffer[] = [];
    for (const group of level) {
      const name = nameOf(group, search);
      if (names.includes(name)) continue;
      names.push(name);
      added.push(Buffer.from(group.dn));
    }
    level = await groupsWith(directory, search, matcher.recursionGroupAttr, added);
  }
}

async function groupsWith(
  directory: Directory,
  search: GroupSearch,
  attribute: string,
  values: readonly Buffer[],
): Promise<readonly LdapEntry[]> {
  const groups: LdapEntry[] = [];
  for (const value of values) groups.push(...(await groupsOf(directory, search, attribute, value)));
  return groups;
}

async function groupsOf(
  directory: Directory,
  { baseDn, scope, filter, nameAttr }: GroupSearch,
  attribute: string,
  value: Buffer,
): Promise<readonly LdapEntry[]> {
  const isMember = equals(attribute, value);
  try {
    return await directory.search({
      baseDn,
      scope,
      filter: filter === "" ? isMember : new AndFilter({ filters: [...parseFilters(filter), isMember] }),
      attributes: [nameAttr],
    });
  } catch (error) {
    if (hasResultCode(error, NO_SUCH_OBJECT)) return [];
    throw error;
  }
}

function nameOf(group: LdapEntry, { nameAttr }: GroupSearch): string {
  const name = textAt(group, nameAttr);
  if (name === "") throw untrusted(`the group ${group.dn} has no value of the attribute ${nameAttr}`);
  return name;
}
