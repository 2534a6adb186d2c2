import type { GiteaUpstream } from "../../../config/dex-vendor-configuration.ts";
import type { RedirectConnector } from "../../connector.ts";
import { denied } from "../../oauth2/api-request.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import type { ConnectorDeps } from "../../registry.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { readAnswer, readAnswers } from "../oauth-vendor/go-json.ts";
import { storedTokens } from "../oauth-vendor/stored-tokens.ts";
import { allPages, vendorApi, type VendorApi } from "../oauth-vendor/vendor-api.ts";
import { createVendorClient } from "../oauth-vendor/vendor-client.ts";
import { createVendorConnector, type VendorIdentity } from "../oauth-vendor/vendor-connector.ts";

const PER_PAGE = 20;

/**
 * Gitea and Forgejo in dex's rules (dex reference §8.12).
 * @see https://docs.gitea.com/development/oauth2-provider
 */
export function createGiteaConnector(
  deps: ConnectorDeps,
  settings: FederatedSettings<GiteaUpstream>,
): RedirectConnector {
  const { upstream } = settings;
  const client = createVendorClient(deps, settings, {
    authorization: `${upstream.baseUrl}/login/oauth/authorize`,
    token: `${upstream.baseUrl}/login/oauth/access_token`,
  });
  return createVendorConnector(client, {
    type: "gitea",
    scopes: () => [],
    identify: (accessToken) => identify(upstream, vendorApi(client, accessToken)),
    stored: storedTokens,
  });
}

async function identify(upstream: GiteaUpstream, api: VendorApi): Promise<VendorIdentity> {
  const user = readAnswer(await api.get("the user", `${upstream.baseUrl}/api/v1/user`), "the user");
  const login = user.text("login");
  const id = user.number("id");
  if (login === "" || id === 0) throw untrusted("the user has no id or login");
  const email = user.text("email");
  return {
    userId: upstream.useLoginAsId ? login : String(id),
    username: user.text("full_name") || email,
    preferredUsername: login,
    email,
    emailVerified: true,
    ...((upstream.orgs.length > 0 || upstream.loadAllGroups) && { groups: await findGroups(upstream, api) }),
  };
}

/**
 * Organisations and their teams as `org:team`; with `orgs`, only those that it names.
 * @throws {ConnectorError} `denied` when somebody is in no organisation of `orgs`, or in none of its teams where it lists some.
 */
async function findGroups({ baseUrl, orgs }: GiteaUpstream, api: VendorApi): Promise<readonly string[]> {
  const all = await listGroups(baseUrl, api);
  if (orgs.length === 0) return all;
  const mayEnter = orgs.some(({ name, teams }) =>
    teams.length === 0 ? all.includes(name) : teams.some((team) => all.includes(`${name}:${team}`)),
  );
  if (!mayEnter) throw denied("in none of the required organisations and teams");
  const named = new Set(orgs.flatMap(({ name, teams }) => [name, ...teams.map((team) => `${name}:${team}`)]));
  return all.filter((group) => named.has(group));
}

/** Pages go on until an empty one: they may be smaller than asked for. */
async function listGroups(baseUrl: string, api: VendorApi): Promise<readonly string[]> {
  const what = "the list of teams";
  let page = 1;
  const pageUrl = (): string => `${baseUrl}/api/v1/user/teams?page=${page}&limit=${PER_PAGE}`;
  const teams = await allPages(pageUrl(), async (url) => {
    const items = readAnswers(await api.get(what, url), what);
    page += 1;
    return { items, ...(items.length > 0 && { next: pageUrl() }) };
  });
  const groups = teams.flatMap((team) => {
    const of = team.object("organization");
    const organisation = of.text("username") || of.text("name"); // Gitea deprecates the first
    if (organisation === "") throw untrusted(`${what} has one without an organisation`);
    return [organisation, `${organisation}:${team.text("name")}`];
  });
  return [...new Set(groups)];
}
