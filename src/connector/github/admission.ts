import { fieldAt, textAt } from "../oauth2/json-field.ts";
import { askApi, denied } from "../oauth2/api-request.ts";
import type { PersonApi } from "../oauth2/oauth2-connector.ts";
import { apiUrl, ask, githubHeaders, type GithubClient } from "./github-api.ts";
import type { Memberships } from "./memberships.ts";

/**
 * May the person enter, by name, organisation, team, or what their own token may do to the repository?
 *
 * Who is listed by name may enter whatever else is asked for. An organisation is asked for instead of a repository, not besides.
 *
 * @throws {ConnectorError} `denied`.
 */
export async function admitMember(client: GithubClient, api: PersonApi, memberships: Memberships): Promise<void> {
  const { users, organization, repository, repositoryToken } = client.configuration;
  if (users.length > 0) {
    if (users.includes(textAt(await ask(client, api, "the user", "user"), "login") ?? "")) return;
    if (organization === "" && repository === "") throw denied("not one of the listed users");
  }
  requireMembership(client, memberships);
  if (organization === "" && repository !== "" && repositoryToken.reveal() === "") await requireAccess(client, api);
}

/**
 * Is the person a collaborator of the repository? Asked with a token of the operator's, when there is one.
 * @throws {ConnectorError} `denied`.
 */
export async function admitCollaborator(client: GithubClient, login: string): Promise<void> {
  const { users, organization, repository, repositoryToken } = client.configuration;
  const token = repositoryToken.reveal();
  if (users.includes(login) || organization !== "" || repository === "" || token === "") return;
  const what = "the list of collaborators";
  const url = apiUrl(client, `repos/${escapePath(repository)}/collaborators/${encodeURIComponent(login)}`);
  const { status } = await askApi(client.fetch, { what, url, headers: githubHeaders(token) });
  if (status === 204) return;
  if (status === 404) throw denied("not a collaborator of the repository");
  throw denied(`${what} was refused with ${status}: may the repository's token read it?`);
}

function requireMembership(client: GithubClient, { organizations, teams }: Memberships): void {
  const { organization } = client.configuration;
  const wanted = client.configuration.teams.flatMap((team) => team.split(",")).map((team) => team.trim());
  if (wanted.length === 0) {
    if (organization !== "" && !organizations.includes(organization)) {
      throw denied(`not a member of the organisation ${organization}`);
    }
    return;
  }
  const qualified = organization === "" ? wanted : wanted.map((team) => `${organization}:${team}`);
  const isWanted = (team: string): boolean => qualified.some((name) => name.toLowerCase() === team.toLowerCase());
  if (teams.some(({ organization: of, team }) => isWanted(`${of}:${team}`))) return;
  const unqualified = qualified.filter((team) => !team.includes(":"));
  if (unqualified.length > 0) {
    throw denied(`teams without an organisation are written organisation:team-slug, unlike ${unqualified.join(", ")}`);
  }
  throw denied(`in none of the teams ${qualified.join(", ")}`);
}

/** Everybody may pull from a public repository, so that says nothing. */
async function requireAccess(client: GithubClient, api: PersonApi): Promise<void> {
  const repository = await ask(client, api, "the repository", `repos/${escapePath(client.configuration.repository)}`);
  const may = (permission: string): boolean => fieldAt(repository, ["permissions", permission]) === true;
  if (may("push") || (fieldAt(repository, ["private"]) === true && may("pull"))) return;
  throw denied("no access to the repository");
}

function escapePath(repository: string): string {
  return repository.split("/").map(encodeURIComponent).join("/");
}
