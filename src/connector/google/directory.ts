import type { Log } from "../../telemetry/log.ts";
import { askApi, denied } from "../oauth2/api-request.ts";
import { fieldAt, recordsAt, textAt } from "../oauth2/json-field.ts";
import { type Fetch, parseJson, unreachable, untrusted } from "../oidc/upstream-request.ts";
import type { AccountToken } from "./account-token.ts";

export interface Directory {
  readonly fetch: Fetch;
  readonly log: Log;
  readonly token: AccountToken;
}

const BASE = "https://admin.googleapis.com/admin/directory/v1";
const MAX_PAGES = 100;
const PER_PAGE = 200;
/** The Admin SDK limits with 403 and one of these. @see https://developers.google.com/admin-sdk/directory/v1/limits */
const LIMITS = new Set(["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"]);

/**
 * Is somebody in a group, or in a group of it?
 *
 * Google answers 400 for an address of another domain than the group's; the list of members then knows, and whether the member
 * is active. Refusals are logged and count as no.
 *
 * @throws {ConnectorError} `unreachable`.
 */
export async function isMember(directory: Directory, group: string, email: string): Promise<boolean> {
  const answer = await ask(directory, ["groups", group, "hasMember", email]);
  if (answer.status === 200) return fieldAt(answer.document, ["isMember"]) === true;
  if (answer.status !== 400) {
    directory.log.warn(answer.status === 404 ? "no such group" : "membership was not told", {
      group,
      status: answer.status,
    });
    return false;
  }
  const member = await ask(directory, ["groups", group, "members", email]);
  return member.status === 200 && textAt(member.document, "status") === "ACTIVE";
}

/**
 * All groups that somebody is in, by address.
 *
 * @param refused what a refusal comes to. Default: none, and that is logged.
 * @throws {ConnectorError} `unreachable`; `untrusted` when the list does not end.
 */
export async function listGroups(
  directory: Directory,
  email: string,
  refused: (status: number) => readonly string[] = (status) => {
    directory.log.warn("groups were not told", { status });
    return [];
  },
): Promise<readonly string[]> {
  const groups: string[] = [];
  let pageToken: string | undefined;
  for (let page = 1; page <= MAX_PAGES; page++) {
    const query = { userKey: email, maxResults: String(PER_PAGE), ...(pageToken !== undefined && { pageToken }) };
    const { status, document } = await ask(directory, ["groups"], query);
    if (status !== 200) return refused(status);
    groups.push(...recordsAt(document, "groups").map((group) => textAt(group, "email") ?? ""));
    pageToken = textAt(document, "nextPageToken") || undefined;
    if (pageToken === undefined) return groups.filter((group) => group !== "");
  }
  throw untrusted(`the list of groups has more than ${MAX_PAGES} pages`);
}

/** The id that the organisation gave somebody. @throws {ConnectorError} `denied` when there is none, `unreachable`. */
export async function findOrganizationId(directory: Directory, email: string): Promise<string> {
  const { status, document } = await ask(directory, ["users", email]);
  if (status !== 200) throw denied(`the Admin SDK did not show the user (status ${status})`);
  const ids = recordsAt(document, "externalIds").filter((id) => id.type === "organization");
  const value = ids.map((id) => textAt(id, "value") ?? "").find((id) => id !== "");
  if (value === undefined) throw denied("the user has no organisation id");
  return value;
}

async function ask(
  directory: Directory,
  path: readonly string[],
  query: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly document: unknown }> {
  const url = new URL(`${BASE}/${path.map(encodeURIComponent).join("/")}`);
  url.search = new URLSearchParams(query).toString();
  const headers = { Authorization: `Bearer ${await directory.token.get()}` };
  const { status, text } = await askApi(directory.fetch, { what: "the Admin SDK", url, headers });
  const document = parseJson(text);
  const reason = textAt(document, "error", "errors", 0, "reason") ?? "";
  if (status === 403 && LIMITS.has(reason)) throw unreachable(`the Admin SDK is limited for now (${reason})`);
  if (status === 200 && document === undefined) throw untrusted("the Admin SDK's answer is not JSON");
  return { status, document };
}
