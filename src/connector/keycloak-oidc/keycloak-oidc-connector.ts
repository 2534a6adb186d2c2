import type { KeycloakOidcConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Identity } from "../../protocol/identity.ts";
import type { RedirectConnector } from "../connector.ts";
import type { Claims } from "../oidc/identity-claims.ts";
import { createCompatibleConnector } from "../oidc/oauth2-proxy/compatible-connector.ts";
import { requireEmail } from "../oidc/oauth2-proxy/identify.ts";
import type { Identified } from "../oidc/oauth2-proxy/vendor.ts";
import { verifyStatement } from "../oidc/oauth2-proxy/verify-token.ts";
import type { OidcConnectorDeps } from "../oidc/oidc-upstream.ts";
import { isRecord } from "../oidc/upstream-request.ts";

/** Keycloak: OpenID Connect, with the roles of the access token as groups too. */
export function createKeycloakOidcConnector(
  deps: OidcConnectorDeps,
  configuration: KeycloakOidcConnectorConfiguration,
): RedirectConnector {
  return createCompatibleConnector(deps, configuration, {
    enrich: async (found) => withRoles(requireEmailAtLogin(found), await accessTokenClaims(found)),
    enrichBearer: withRoles,
  });
}

function requireEmailAtLogin({ identity, previous }: Identified): Identity {
  return previous === undefined ? requireEmail(identity) : identity;
}

/** @throws {ConnectorError} `untrusted` when the access token is not a JWT of this Keycloak's. */
function accessTokenClaims({ upstream, metadata, tokens }: Identified): Promise<Claims> {
  return verifyStatement(upstream, metadata, upstream.configuration, tokens.accessToken ?? "");
}

const PREFIX = "role:";

/** Roles that an earlier login brought are replaced: what was taken away must not stay. */
function withRoles(identity: Identity, claims: Claims): Identity {
  const roles = [...rolesOf(claims.realm_access), ...clientRoles(claims.resource_access)].map((role) => PREFIX + role);
  const groups = identity.groups.filter((group) => !group.startsWith(PREFIX));
  return { ...identity, groups: [...groups, ...roles] };
}

function clientRoles(access: unknown): readonly string[] {
  if (!isRecord(access)) return [];
  return Object.entries(access).flatMap(([client, own]) => rolesOf(own).map((role) => `${client}:${role}`));
}

function rolesOf(access: unknown): readonly string[] {
  const roles: unknown = isRecord(access) ? access.roles : undefined;
  return Array.isArray(roles) ? roles.filter((role) => typeof role === "string") : [];
}
