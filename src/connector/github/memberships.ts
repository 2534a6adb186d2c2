import { textAt } from "../oauth2/json-field.ts";
import type { PersonApi } from "../oauth2/oauth2-connector.ts";
import { askForAll, type GithubClient } from "./github-api.ts";

export interface Memberships {
  readonly organizations: readonly string[];
  readonly teams: readonly { readonly organization: string; readonly team: string }[];
}

/** The organisations and teams that the token shows. GitHub names them by login and slug, Gitea and Forgejo by name. */
export async function readMemberships(client: GithubClient, api: PersonApi): Promise<Memberships> {
  const organizations = await askForAll(client, api, "the list of organisations", "user/orgs");
  const teams = await askForAll(client, api, "the list of teams", "user/teams");
  return {
    organizations: organizations.map(nameOf).filter((name) => name !== ""),
    teams: teams.map(readTeam).filter(({ organization, team }) => organization !== "" && team !== ""),
  };
}

/** Organisations, then teams as `organisation:team`. */
export function groupsOf({ organizations, teams }: Memberships): readonly string[] {
  return [...organizations, ...teams.map(({ organization, team }) => `${organization}:${team}`)];
}

function readTeam(item: Readonly<Record<string, unknown>>): Memberships["teams"][number] {
  const ofGithub = (textAt(item, "organization", "login") ?? "") !== "";
  const team = textAt(item, ofGithub ? "slug" : "name") ?? "";
  return { organization: nameOf(item.organization), team };
}

function nameOf(organization: unknown): string {
  return textAt(organization, "login") || (textAt(organization, "name") ?? "");
}
