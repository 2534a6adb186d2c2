import type { MicrosoftUpstream } from "../../../config/dex-vendor-configuration.ts";
import { NotAdmittedError } from "../../connector-error.ts";
import { askForJson } from "../../oauth2/api-request.ts";
import { isRecord, untrusted } from "../../oidc/upstream-request.ts";
import { readAnswer, readAnswers } from "../oauth-vendor/go-json.ts";
import { allPages, vendorApi } from "../oauth-vendor/vendor-api.ts";
import type { VendorClient } from "../oauth-vendor/vendor-client.ts";

/** Graph names at most so many groups at once. @see https://learn.microsoft.com/graph/api/directoryobject-getbyids */
const GROUPS_A_REQUEST = 1000;

/**
 * The groups that somebody is in, also by way of other groups: by name or by id, as configured.
 *
 * @throws {NotAdmittedError} when there are required ones, and none of them is among these.
 * @throws {ConnectorError} `denied`, `untrusted`, `unreachable`.
 */
export async function fetchGroups(
  client: VendorClient,
  upstream: MicrosoftUpstream,
  accessToken: string,
): Promise<readonly string[]> {
  const ask = createAsk(client, upstream.graphUrl, accessToken);
  const ids = await fetchIds(ask, upstream.onlySecurityGroups);
  const groups = upstream.groupNameFormat === "id" ? ids : await fetchNames(ask, ids);
  const required = groups.filter((group) => upstream.groups.includes(group));
  if (upstream.groups.length > 0 && required.length === 0) throw new NotAdmittedError("in none of the required groups");
  return upstream.useGroupsAsWhitelist ? required : groups;
}

/** All values that an action of Graph's gives, page by page. */
type Ask = (action: string, body: unknown) => Promise<readonly unknown[]>;

/** @see https://learn.microsoft.com/graph/paging */
function createAsk(client: VendorClient, graphUrl: string, accessToken: string): Ask {
  const api = vendorApi(client, accessToken);
  return (action, body) =>
    allPages(`${graphUrl.replace(/\/$/, "")}/v1.0/${action}`, async (url) => {
      const { fetch, request } = api.request(`Microsoft Graph's ${action}`, url);
      const page = await askForJson(fetch, { ...request, json: JSON.stringify(body) });
      const next = readAnswer(page, "a page of groups").text("@odata.nextLink");
      const items: unknown = isRecord(page) ? (page.value ?? []) : [];
      if (!Array.isArray(items)) throw untrusted("a page of groups has no list of them");
      return { items, ...(next !== "" && { next }) };
    });
}

/** @see https://learn.microsoft.com/graph/api/directoryobject-getmembergroups */
async function fetchIds(ask: Ask, securityEnabledOnly: boolean): Promise<readonly string[]> {
  const ids = await ask("me/getMemberGroups", { securityEnabledOnly });
  return ids.map((id) => {
    if (typeof id !== "string") throw untrusted("Microsoft Graph named a group by something that is no text");
    return id;
  });
}

async function fetchNames(ask: Ask, ids: readonly string[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (let start = 0; start < ids.length; start += GROUPS_A_REQUEST) {
    const batch = { ids: ids.slice(start, start + GROUPS_A_REQUEST), types: ["group"] };
    const groups = readAnswers(await ask("directoryObjects/getByIds", batch), "the groups");
    names.push(...groups.map((group) => group.text("displayName")));
  }
  return names;
}
