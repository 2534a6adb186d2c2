import type { GitlabConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Log } from "../../telemetry/log.ts";
import { ConnectorError } from "../connector-error.ts";
import { reasonOf } from "../oidc/renewal-error.ts";
import { askUpstream, type Fetch, isRecord, parseJson } from "../oidc/upstream-request.ts";

export const PROJECT_PREFIX = "project:";

export interface ProjectQuestion {
  /** Of the GitLab server. */
  readonly origin: string;
  readonly accessToken: string;
  readonly projects: GitlabConnectorConfiguration["projects"];
  /** What was known before, as groups: stays where the server cannot be asked. */
  readonly known: readonly string[];
}

/** The projects, as groups `project:<path>`, that somebody is a member of with at least the wanted access level. */
export async function findProjects(
  deps: { readonly fetch: Fetch; readonly log: Log },
  question: ProjectQuestion,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { path, accessLevel } of question.projects) {
    const group = `${PROJECT_PREFIX}${path}`;
    try {
      if ((await askAccessLevel(deps.fetch, question, path)) >= accessLevel) found.push(group);
      else deps.log.info("no access to a project", { project: path });
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      deps.log.warn("access to a project not known", { project: path, reason: reasonOf(error) });
      if (question.known.includes(group)) found.push(group);
    }
  }
  return found;
}

/**
 * Access levels are 10 (guest) to 50 (owner); 0 when there is none, or the project is archived.
 * @throws {ConnectorError} `unreachable`.
 * @see https://docs.gitlab.com/api/projects/#get-a-single-project
 */
async function askAccessLevel(fetch: Fetch, { origin, accessToken }: ProjectQuestion, path: string): Promise<number> {
  const answer = await askUpstream(fetch, {
    what: "the projects API",
    url: `${origin}/api/v4/projects/${encodeURIComponent(path)}`,
    headers: { Authorization: `Bearer ${accessToken}` },
  });
  const project = answer.status === 200 ? parseJson(answer.text) : undefined;
  if (!isRecord(project) || project.archived === true || !isRecord(project.permissions)) return 0;
  const { project_access: own, group_access: inherited } = project.permissions;
  const access = own ?? inherited;
  return isRecord(access) && typeof access.access_level === "number" ? access.access_level : 0;
}
