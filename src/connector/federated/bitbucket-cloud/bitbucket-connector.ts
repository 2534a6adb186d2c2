import type { BitbucketCloudUpstream } from "../../../config/dex-vendor-configuration.ts";
import { ConnectorError } from "../../connector-error.ts";
import type { RedirectConnector, WantedParts } from "../../connector.ts";
import { denied } from "../../oauth2/api-request.ts";
import { reasonOf } from "../../oidc/renewal-error.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import type { ConnectorDeps } from "../../registry.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { type Answer, readAnswer } from "../oauth-vendor/go-json.ts";
import { storedTokens } from "../oauth-vendor/stored-tokens.ts";
import { allPages, vendorApi, type VendorApi } from "../oauth-vendor/vendor-api.ts";
import { createVendorClient, type VendorClient } from "../oauth-vendor/vendor-client.ts";
import { createVendorConnector, type VendorIdentity } from "../oauth-vendor/vendor-connector.ts";

const SITE = "https://bitbucket.org/site/oauth2";
const API = "https://api.bitbucket.org/2.0";

type Rules = Pick<BitbucketCloudUpstream, "teams" | "getWorkspacePermissions">;

/**
 * Bitbucket sends browsers to the callback that is registered there: it is compared with ours, but not sent.
 * @see https://support.atlassian.com/bitbucket-cloud/docs/use-oauth-on-bitbucket-cloud/
 */
export function createBitbucketConnector(
  deps: ConnectorDeps,
  settings: FederatedSettings<BitbucketCloudUpstream>,
): RedirectConnector {
  const client = createVendorClient(deps, settings, {
    authorization: `${SITE}/authorize`,
    token: `${SITE}/access_token`,
  });
  return createVendorConnector(client, {
    type: "bitbucket-cloud",
    scopes: () => ["account", "email"],
    sendsRedirectUri: false,
    identify: (accessToken, wants) => identify(client, settings.upstream, vendorApi(client, accessToken), wants),
    stored: storedTokens,
  });
}

async function identify(
  client: VendorClient,
  rules: Rules,
  api: VendorApi,
  wants: WantedParts,
): Promise<VendorIdentity> {
  const user = readAnswer(await api.get("the user", `${API}/user`), "the user");
  const userId = user.text("uuid");
  if (userId === "") throw untrusted("the user has no uuid");
  const needsGroups = rules.teams.length > 0 || wants.groups;
  return {
    userId,
    username: user.text("username"),
    preferredUsername: "",
    email: await findAddress(api),
    emailVerified: true,
    ...(needsGroups && { groups: await findGroups(client, rules, api) }),
  };
}

/** @throws {ConnectorError} `denied` when there is none. */
async function findAddress(api: VendorApi): Promise<string> {
  const addresses = await listAll(api, "the list of addresses", `${API}/user/emails`);
  const primary = addresses.find((address) => address.flag("is_confirmed") && address.flag("is_primary"));
  const email = primary?.text("email") ?? "";
  if (email === "") throw denied("the user has no confirmed, primary address");
  return email;
}

/**
 * Workspaces, and after them what somebody may do in each where that is wanted.
 * @throws {ConnectorError} `denied` when somebody is in none of the required ones.
 */
async function findGroups(client: VendorClient, rules: Rules, api: VendorApi): Promise<readonly string[]> {
  const workspaces = await listAll(api, "the list of workspaces", `${API}/user/workspaces`);
  const slugs = workspaces.map((access) => access.object("workspace").text("slug"));
  const permissions = rules.getWorkspacePermissions ? await findPermissions(client, api, slugs) : [];
  const groups = [...slugs, ...permissions];
  if (rules.teams.length === 0) return groups;
  const required = groups.filter((group) => rules.teams.includes(group));
  if (required.length === 0) throw denied("in none of the required workspaces");
  return required;
}

async function findPermissions(
  { log }: VendorClient,
  api: VendorApi,
  slugs: readonly string[],
): Promise<readonly string[]> {
  const groups: string[] = [];
  for (const slug of slugs) {
    const what = "the permission in a workspace";
    try {
      const document = await api.get(what, `${API}/user/workspaces/${encodeURIComponent(slug)}/permission`);
      groups.push(`${slug}:${readAnswer(document, what).text("permission")}`);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      log.warn("permission in a workspace not known", { workspace: slug, reason: reasonOf(error) });
    }
  }
  return groups;
}

/** @see https://developer.atlassian.com/cloud/bitbucket/rest/intro/#pagination */
function listAll(api: VendorApi, what: string, first: string): Promise<readonly Answer[]> {
  return allPages(first, async (url) => {
    const page = readAnswer(await api.get(what, url), what);
    const next = page.text("next");
    return { items: page.objects("values"), ...(next !== "" && { next }) };
  });
}
