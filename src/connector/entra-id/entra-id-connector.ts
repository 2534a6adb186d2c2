import type { EntraIdConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Identity } from "../../protocol/identity.ts";
import { fetchGraphGroups } from "../azure/graph-groups.ts";
import { ConnectorError } from "../connector-error.ts";
import type { RedirectConnector } from "../connector.ts";
import type { Claims } from "../oidc/identity-claims.ts";
import { createCompatibleConnector } from "../oidc/oauth2-proxy/compatible-connector.ts";
import { requireEmail } from "../oidc/oauth2-proxy/identify.ts";
import type { Identified } from "../oidc/oauth2-proxy/vendor.ts";
import type { OidcConnectorDeps } from "../oidc/oidc-upstream.ts";
import { reasonOf } from "../oidc/renewal-error.ts";
import { isRecord } from "../oidc/upstream-request.ts";
import { federatedCredentials } from "./federated-token.ts";

/** Microsoft Entra ID: OpenID Connect for one tenant or several, with groups at Microsoft Graph for who is in very many. */
export function createEntraIdConnector(
  deps: OidcConnectorDeps,
  configuration: EntraIdConnectorConfiguration,
): RedirectConnector {
  const { allowedTenants, clientId, federatedTokenAuth } = configuration;
  return createCompatibleConnector(deps, configuration, {
    findProblem: (claims) => findTenantProblem(claims, allowedTenants),
    enrich,
    ...(federatedTokenAuth && { tokenCredentials: () => federatedCredentials(clientId) }),
  });
}

const TENANT = /^https:\/\/login\.microsoftonline\.com\/([a-zA-Z0-9-]+)\/v2\.0$/;

/** With many tenants the issuer is not compared with the configuration, so it must be Microsoft's at least. */
function findTenantProblem({ iss }: Claims, allowed: readonly string[]): string | undefined {
  const tenant = typeof iss === "string" ? TENANT.exec(iss)?.[1] : undefined;
  if (tenant === undefined) return "the issuer is not a tenant of Microsoft Entra ID";
  return allowed.length === 0 || allowed.includes(tenant) ? undefined : `tenant ${tenant} is not allowed`;
}

const GROUPS_URL = "https://graph.microsoft.com/v1.0/me/transitiveMemberOf?$select=id&$top=100";

/** The token of who is in too many groups names none, but says where they are (group overage). */
async function enrich({ identity: told, sources, tokens, upstream, previous }: Identified): Promise<Identity> {
  const identity = previous === undefined ? requireEmail(told) : told;
  if (!hasOverage(sources.token)) return identity;
  const question = { url: GROUPS_URL, accessToken: tokens.accessToken ?? "", field: "id" };
  const groups = await fetchGraphGroups(upstream.fetch, question).catch((error: unknown) => {
    if (!(error instanceof ConnectorError)) throw error;
    upstream.log.warn("groups not learnt from Microsoft Graph", { reason: reasonOf(error) });
    return undefined;
  });
  if (groups === undefined) return { ...identity, groups: previous?.identity.groups ?? identity.groups };
  const own = sources.token.groups === undefined ? [] : identity.groups;
  return { ...identity, groups: [...new Set([...own, ...groups])] };
}

/** @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference#groups-overage-claim */
function hasOverage({ _claim_names: names }: Claims): boolean {
  return isRecord(names) && Object.hasOwn(names, "groups");
}
