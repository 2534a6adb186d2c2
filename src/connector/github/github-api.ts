import type { GithubConnectorConfiguration } from "../../config/connector-configuration.ts";
import { isRecord, untrusted } from "../oidc/upstream-request.ts";
import { endpointUrl, type OAuth2Client } from "../oauth2/oauth2-client.ts";
import type { PersonApi } from "../oauth2/oauth2-connector.ts";

export type GithubClient = OAuth2Client<GithubConnectorConfiguration>;

const MAX_PAGES = 100;
const PER_PAGE = 100;

export function githubHeaders(accessToken: string): Readonly<Record<string, string>> {
  return { Authorization: `token ${accessToken}`, Accept: "application/vnd.github.v3+json" };
}

/**
 * The interface is where the validation endpoint is: below its `/api/vN`, as GitHub Enterprise, Gitea and Forgejo have it, else
 * below its whole path.
 *
 * @param path relative, its parts escaped.
 */
export function apiUrl(client: GithubClient, path: string, query: Readonly<Record<string, string>> = {}): URL {
  const validate = endpointUrl(client, "validate");
  const base = /^\/api\/v\d+/.exec(validate.pathname)?.[0] ?? validate.pathname.replace(/\/+$/, "");
  const url = new URL(`${base}/${path}`, validate.origin);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

/** Ask for one thing. */
export function ask(client: GithubClient, api: PersonApi, what: string, path: string): Promise<unknown> {
  return api.get(what, apiUrl(client, path));
}

/**
 * All of a list, page by page until an empty one: Gitea's pages may be smaller than asked for, and not everything that speaks this
 * interface links to the next page.
 *
 * @throws {ConnectorError} `untrusted` when it does not end.
 */
export async function askForAll(
  client: GithubClient,
  api: PersonApi,
  what: string,
  path: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const all: Readonly<Record<string, unknown>>[] = [];
  for (let page = 1; page <= MAX_PAGES; page++) {
    const query = { page: String(page), per_page: String(PER_PAGE) };
    const items = listOf(await api.get(what, apiUrl(client, path, query)), what);
    if (items.length === 0) return all;
    all.push(...items);
  }
  throw untrusted(`${what} has more than ${MAX_PAGES} pages`);
}

/** @throws {ConnectorError} `untrusted` when it is not a list of objects. */
export function listOf(document: unknown, what = "the answer"): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(document) || !document.every(isRecord)) throw untrusted(`${what} is not a list of objects`);
  return document;
}
