import type { GithubUpstream } from "../../../config/dex-vendor-configuration.ts";
import type { WantedParts } from "../../connector.ts";
import { askApi, denied, unexpectedStatus } from "../../oauth2/api-request.ts";
import type { Answer } from "../oauth-vendor/go-json.ts";
import { type GithubApi, listAll } from "./github-api.ts";

type GroupRules = Pick<GithubUpstream, "orgs" | "org" | "loadAllGroups" | "teamNameField">;

/**
 * - With `orgs`: the teams `org:team` there, only listed ones where teams are listed; who is in none may not enter.
 * - With the legacy `org`: the names of the teams there. It keeps nobody out.
 * - Else all organisations and teams, when they are asked for and configured.
 *
 * @throws {ConnectorError} `denied`.
 */
export async function findGroups(
  rules: GroupRules,
  api: GithubApi,
  { login, wants }: { readonly login: string; readonly wants: WantedParts },
): Promise<readonly string[]> {
  if (rules.orgs.length > 0) return groupsOfOrganisations(rules, api, login);
  if (rules.org !== "") return teamsOf(rules, api, rules.org);
  return wants.groups && rules.loadAllGroups ? allGroups(rules, api) : [];
}

async function groupsOfOrganisations(rules: GroupRules, api: GithubApi, login: string): Promise<readonly string[]> {
  const groups: string[] = [];
  let mayEnter = false;
  for (const { name, teams } of rules.orgs) {
    if (!(await isMember(api, name, login))) continue;
    const all = await teamsOf(rules, api, name);
    const counting = teams.length === 0 ? all : all.filter((team) => teams.includes(team));
    if (teams.length === 0 || counting.length > 0) mayEnter = true;
    groups.push(...counting.map((team) => `${name}:${team}`));
  }
  if (!mayEnter) throw denied("in none of the required organisations and teams");
  return groups;
}

/**
 * Who may not see the members is sent to the public ones; that is followed.
 * @see https://docs.github.com/rest/orgs/members#check-organization-membership-for-a-user
 */
async function isMember(api: GithubApi, organisation: string, login: string): Promise<boolean> {
  const what = "the membership in an organisation";
  const path = `/orgs/${encodeURIComponent(organisation)}/members/${encodeURIComponent(login)}`;
  const { fetch, request } = api.request(what, `${api.base}${path}`);
  const { status } = await askApi(fetch, request);
  if (status === 204 || status === 404) return status === 204;
  throw unexpectedStatus(status, what);
}

async function teamsOf(rules: GroupRules, api: GithubApi, organisation: string): Promise<readonly string[]> {
  const teams = await listTeams(api);
  return teams.filter(({ of }) => of === organisation).flatMap(({ team }) => namesOf(rules, team));
}

/** Each organisation, and after it its teams. */
async function allGroups(rules: GroupRules, api: GithubApi): Promise<readonly string[]> {
  const organisations = await listAll(api, "the list of organisations", "/user/orgs");
  const teams = await listTeams(api);
  return organisations.flatMap((organisation) => {
    const name = organisation.text("login");
    const own = teams.filter(({ of }) => of === name).flatMap(({ team }) => namesOf(rules, team));
    return [name, ...own.map((team) => `${name}:${team}`)];
  });
}

async function listTeams(api: GithubApi): Promise<readonly { readonly of: string; readonly team: Answer }[]> {
  const teams = await listAll(api, "the list of teams", "/user/teams");
  return teams.map((team) => ({ of: team.object("organization").text("login"), team }));
}

function namesOf({ teamNameField }: GroupRules, team: Answer): readonly string[] {
  const name = team.text("name");
  const slug = team.text("slug");
  if (teamNameField === "both") return [name, slug];
  return [teamNameField === "slug" ? slug : name];
}
