import type { MicrosoftUpstream } from "../../../config/dex-vendor-configuration.ts";
import type { ConnectorStatus, RedirectConnector, WantedParts } from "../../connector.ts";
import { assertionOf } from "../../entra-id/federated-token.ts";
import { unreachable } from "../../oidc/upstream-request.ts";
import type { ConnectorDeps } from "../../registry.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { storedTokens } from "../oauth-vendor/stored-tokens.ts";
import { createVendorClient, type VendorClient } from "../oauth-vendor/vendor-client.ts";
import { createVendorConnector } from "../oauth-vendor/vendor-connector.ts";
import { fetchGroups } from "./microsoft-groups.ts";
import { fetchUser } from "./microsoft-user.ts";

/** Tenants that stand for many directories: whose groups somebody is in cannot be asked of all of them. */
const SHARED_TENANTS = ["common", "consumers", "organizations"];

/** Microsoft's accounts by OAuth 2.0 and Graph, in dex's rules (its reference §8.9). */
export function createMicrosoftConnector(
  deps: ConnectorDeps,
  settings: FederatedSettings<MicrosoftUpstream>,
): RedirectConnector {
  const { upstream } = settings;
  const client = createClient(deps, settings);
  const problem = findProblem(upstream);
  const check = (): void => {
    if (problem !== undefined) throw unreachable(problem);
  };
  const connector = createVendorConnector(client, {
    type: "microsoft",
    scopes: (wants) => scopesOf(upstream, wants),
    parameters: {
      ...(upstream.promptType !== "" && { prompt: upstream.promptType }),
      ...(upstream.domainHint !== "" && { domain_hint: upstream.domainHint }),
    },
    identify: async (accessToken, wants) => {
      check();
      const user = await fetchUser(client, upstream, accessToken);
      if (!needsGroups(upstream, wants)) return user;
      return { ...user, groups: await fetchGroups(client, upstream, accessToken) };
    },
    stored: storedTokens,
  });
  return {
    ...connector,
    status: (): ConnectorStatus => (problem === undefined ? connector.status() : { reachable: false, reason: problem }),
    authorizationUrl: async (login) => {
      check();
      return connector.authorizationUrl(login);
    },
  };
}

function createClient(deps: ConnectorDeps, settings: FederatedSettings<MicrosoftUpstream>): VendorClient {
  const { apiUrl, tenant, clientAssertionFile } = settings.upstream;
  const root = `${apiUrl.replace(/\/$/, "")}/${tenant}/oauth2/v2.0`;
  const client = createVendorClient(deps, settings, { authorization: `${root}/authorize`, token: `${root}/token` });
  return clientAssertionFile === "" ? client : { ...client, assertion: () => assertionOf(clientAssertionFile) };
}

/** Somebody in no group must not enter because nobody could be asked. */
function findProblem({ groups, tenant }: MicrosoftUpstream): string | undefined {
  if (groups.length === 0 || !SHARED_TENANTS.includes(tenant)) return undefined;
  return `groups cannot be asked of the tenant ${tenant}: set the tenant to the directory that has them, or remove groups`;
}

function scopesOf(upstream: MicrosoftUpstream, wants: WantedParts): readonly string[] {
  return [
    ...upstream.scopes,
    ...(needsGroups(upstream, wants) ? ["directory.read.all"] : []),
    ...(wants.offlineAccess ? ["offline_access"] : []),
  ];
}

function needsGroups({ groups, tenant }: MicrosoftUpstream, wants: WantedParts): boolean {
  return (groups.length > 0 || wants.groups) && !SHARED_TENANTS.includes(tenant);
}
