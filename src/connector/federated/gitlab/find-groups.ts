import type { GitlabUpstream } from "../../../config/dex-vendor-configuration.ts";
import { askApi, denied, jsonOf } from "../../oauth2/api-request.ts";
import { type Answer, readAnswer, readAnswers } from "../oauth-vendor/go-json.ts";
import { allPages, type VendorApi } from "../oauth-vendor/vendor-api.ts";

type GroupRules = Pick<GitlabUpstream, "baseUrl" | "groups" | "getGroupsPermission" | "inheritedGroups">;

const PER_PAGE = 100;

/** @see https://docs.gitlab.com/api/access_requests/#valid-access-levels */
const ACCESS_LEVELS: Readonly<Record<number, string>> = {
  5: "minimal_access",
  10: "guest",
  15: "planner",
  20: "reporter",
  25: "security_manager",
  30: "developer",
  40: "maintainer",
  50: "owner",
  60: "admin",
};

/**
 * Full paths of groups, and after them `path:permission` where that is wanted; with `groups`, only those that it names.
 *
 * @param userId GitLab's number of the person.
 * @throws {ConnectorError} `denied` when somebody is in none of `groups`.
 */
export async function findGroups(rules: GroupRules, api: VendorApi, userId: number): Promise<readonly string[]> {
  const all = rules.inheritedGroups ? await listInherited(rules, api, userId) : await listDirect(rules, api);
  if (rules.groups.length === 0) return all;
  const required = all.filter((group) => rules.groups.includes(group));
  if (required.length === 0) throw denied("in none of the required groups");
  return required;
}

async function listDirect(rules: GroupRules, api: VendorApi): Promise<readonly string[]> {
  const userinfo = await askUserinfo(rules, api);
  const paths = userinfo.texts("groups");
  return rules.getGroupsPermission ? [...paths, ...withPermissions(paths, userinfo)] : paths;
}

/** Groups by membership of a group above them too: the userinfo endpoint does not tell those, and not all permissions. */
async function listInherited(rules: GroupRules, api: VendorApi, userId: number): Promise<readonly string[]> {
  const groups = (await listGroups(rules, api)).filter(({ path }) => path !== "");
  const paths = groups.map(({ path }) => path);
  if (!rules.getGroupsPermission) return paths;
  const userinfo = await askUserinfo(rules, api);
  const all = [...paths, ...withPermissions(paths, userinfo)];
  for (const { path, id } of groups) {
    if (permissionAt(path, userinfo) !== undefined) continue;
    const permission = await askPermission(api, `${rules.baseUrl}/api/v4/groups/${id}/members/all/${userId}`);
    if (permission !== undefined) all.push(`${path}:${permission}`);
  }
  return all;
}

async function askUserinfo({ baseUrl }: GroupRules, api: VendorApi): Promise<Answer> {
  return readAnswer(await api.get("the userinfo endpoint", `${baseUrl}/oauth/userinfo`), "the userinfo");
}

/** @see https://docs.gitlab.com/api/groups/#list-groups */
async function listGroups(
  { baseUrl }: GroupRules,
  api: VendorApi,
): Promise<readonly { readonly path: string; readonly id: number }[]> {
  const what = "the list of groups";
  let page = 1;
  const pageUrl = (): string => `${baseUrl}/api/v4/groups?all_available=false&page=${page}&per_page=${PER_PAGE}`;
  const groups = await allPages(pageUrl(), async (url) => {
    const items = readAnswers(await api.get(what, url), what);
    page += 1;
    return { items, ...(items.length >= PER_PAGE && { next: pageUrl() }) };
  });
  return groups.map((group) => ({ path: group.text("full_path") || group.text("path"), id: group.number("id") }));
}

/**
 * @returns undefined when GitLab does not tell.
 * @see https://docs.gitlab.com/api/group_members/
 */
async function askPermission(api: VendorApi, url: string): Promise<string | undefined> {
  const what = "the membership in a group";
  const { fetch, request } = api.request(what, url);
  const answer = await askApi(fetch, request);
  if (answer.status === 403 || answer.status === 404) return undefined;
  const member = readAnswer(jsonOf(answer, what), what);
  return ACCESS_LEVELS[member.number("access_level")];
}

function withPermissions(paths: readonly string[], userinfo: Answer): readonly string[] {
  return paths.flatMap((path) => {
    const permission = permissionAt(path, userinfo);
    return permission === undefined ? [] : [`${path}:${permission}`];
  });
}

/** The highest of what somebody may do in a group or in one above it. */
function permissionAt(path: string, userinfo: Answer): string | undefined {
  return ["owner", "maintainer", "developer"].find((permission) =>
    userinfo
      .texts(`https://gitlab.org/claims/groups/${permission}`)
      .some((group) => path === group || path.startsWith(`${group}/`)),
  );
}
