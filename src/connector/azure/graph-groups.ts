import { askUpstream, type Fetch, isRecord, parseJson, unreachable } from "../oidc/upstream-request.ts";

export interface GraphQuestion {
  /** Of the first page. */
  readonly url: string;
  readonly accessToken: string;
  /** Which field names a group, such as `id`. */
  readonly field: string;
}

/** At most so many pages are read, 100 groups each. */
const MAX_PAGES = 100;

/**
 * The groups that Microsoft Graph says somebody is in, page by page.
 *
 * The next page must be at the same server, because the access token goes along.
 *
 * @throws {ConnectorError} `unreachable` when a page does not come.
 * @see https://learn.microsoft.com/graph/api/user-list-transitivememberof
 * @see https://learn.microsoft.com/graph/paging
 */
export async function fetchGraphGroups(fetch: Fetch, question: GraphQuestion): Promise<readonly string[]> {
  const groups: string[] = [];
  let next: string | undefined = question.url;
  for (let page = 0; next !== undefined; page++) {
    if (page === MAX_PAGES) throw unreachable(`Microsoft Graph has more than ${MAX_PAGES} pages of groups`);
    const answer = await fetchPage(fetch, next, question.accessToken);
    const entries: readonly unknown[] = Array.isArray(answer.value) ? answer.value : [];
    groups.push(...entries.map((entry) => nameOf(entry, question.field)).filter((name) => name !== ""));
    next = nextPage(answer["@odata.nextLink"], question.url);
  }
  return [...new Set(groups)];
}

async function fetchPage(fetch: Fetch, url: string, accessToken: string): Promise<Readonly<Record<string, unknown>>> {
  const answer = await askUpstream(fetch, {
    what: "Microsoft Graph",
    url,
    // Graph counts and filters groups by an index that lags behind a little, and wants to hear that this is known
    headers: { Authorization: `Bearer ${accessToken}`, ConsistencyLevel: "eventual" },
  });
  const page = answer.status === 200 ? parseJson(answer.text) : undefined;
  if (!isRecord(page)) throw unreachable(`Microsoft Graph answered ${answer.status} to the question for groups`);
  return page;
}

function nameOf(entry: unknown, field: string): string {
  const name: unknown = isRecord(entry) ? entry[field] : undefined;
  return typeof name === "string" ? name : "";
}

function nextPage(link: unknown, first: string): string | undefined {
  if (typeof link !== "string" || link === "") return undefined;
  if (URL.parse(link)?.origin !== new URL(first).origin) throw unreachable("Microsoft Graph led to another server");
  return link;
}
