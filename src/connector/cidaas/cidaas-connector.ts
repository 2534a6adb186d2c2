import type { CidaasConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Identity } from "../../protocol/identity.ts";
import { ConnectorError } from "../connector-error.ts";
import type { RedirectConnector } from "../connector.ts";
import type { Claims } from "../oidc/identity-claims.ts";
import { fetchClaims } from "../oidc/oauth2-proxy/claim-sources.ts";
import { createCompatibleConnector } from "../oidc/oauth2-proxy/compatible-connector.ts";
import { requireEmail } from "../oidc/oauth2-proxy/identify.ts";
import type { Identified } from "../oidc/oauth2-proxy/vendor.ts";
import type { OidcConnectorDeps } from "../oidc/oidc-upstream.ts";
import { reasonOf } from "../oidc/renewal-error.ts";
import { isRecord } from "../oidc/upstream-request.ts";

/** cidaas: OpenID Connect, with groups and roles of its own shape at the userinfo endpoint. */
export function createCidaasConnector(
  deps: OidcConnectorDeps,
  configuration: CidaasConnectorConfiguration,
): RedirectConnector {
  return createCompatibleConnector(deps, configuration, { enrich });
}

/** Without an answer from userinfo the ID token must do. */
async function enrich(found: Identified): Promise<Identity> {
  const { identity, upstream } = found;
  const userinfo = await askUserinfo(found).catch((error: unknown) => {
    if (!(error instanceof ConnectorError) || error.reason !== "unreachable") throw error;
    upstream.log.warn("groups not learnt from userinfo", { reason: reasonOf(error) });
    return undefined;
  });
  if (userinfo === undefined) return requireEmail(identity);
  const { emailClaim, groupsClaim } = upstream.configuration;
  const address = userinfo[emailClaim];
  const email = identity.email || (typeof address === "string" ? address : "");
  return requireEmail({ ...identity, email, groups: groupsOf(userinfo, groupsClaim) ?? identity.groups });
}

async function askUserinfo({ upstream, metadata, tokens, sources }: Identified): Promise<Claims | undefined> {
  const endpoint = metadata.userinfoEndpoint;
  const { accessToken } = tokens;
  if (endpoint === undefined || accessToken === undefined) return undefined;
  if (upstream.configuration.skipUserinfo !== true) return sources.userinfo();
  return fetchClaims(upstream, metadata, { endpoint, accessToken, subject: sources.token.sub });
}

/**
 * `<group>:<role>` for each role in a group, and `cidaas:<role>` for the other roles.
 * @returns undefined when they are of another shape.
 */
function groupsOf(userinfo: Claims, groupsClaim: string): readonly string[] | undefined {
  const { [groupsClaim]: groups, roles } = userinfo;
  const entries: readonly unknown[] | undefined = listOf(groups);
  if (entries === undefined || !entries.every(isRecord)) return undefined;
  const own = textsOf(roles);
  if (own === undefined) return undefined;
  const inGroups = entries.flatMap((entry) => {
    const group = typeof entry.groupId === "string" ? entry.groupId : "";
    return (textsOf(entry.roles) ?? []).map((role) => `${group}:${role}`);
  });
  return [...inGroups, ...own.map((role) => `cidaas:${role}`)];
}

function textsOf(value: unknown): readonly string[] | undefined {
  const list = listOf(value);
  return list?.every((item) => typeof item === "string") ? list : undefined;
}

/** Nothing is an empty list. */
function listOf(value: unknown): readonly unknown[] | undefined {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : undefined;
}
