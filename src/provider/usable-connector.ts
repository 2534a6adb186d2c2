import type { Connector } from "../connector/connector.ts";
import { OAuthError } from "../protocol/oauth-error.ts";
import type { ProviderConnector, ProviderContext } from "./provider-deps.ts";
import type { Client } from "./storage-model.ts";

/** Grants that a connector may be restricted to. */
export type ConnectorGrant =
  | "authorization_code"
  | "refresh_token"
  | "implicit"
  | "password"
  | "urn:ietf:params:oauth:grant-type:device_code"
  | "urn:ietf:params:oauth:grant-type:token-exchange";

/** May users of this client sign in with this connector? Asked in every grant, so that none gets around it. */
export function isAllowedConnector(client: Pick<Client, "allowedConnectors">, connectorId: string): boolean {
  return client.allowedConnectors.length === 0 || client.allowedConnectors.includes(connectorId);
}

/** May this grant use this connector? */
export function allowsGrant({ grantTypes }: Pick<ProviderConnector, "grantTypes">, grant: ConnectorGrant): boolean {
  return grantTypes.length === 0 || grantTypes.includes(grant);
}

/**
 * The connector for a grant at the token endpoint, when this client and this grant may use it.
 *
 * @throws {OAuthError} in dex's words.
 */
export async function usableConnector(
  provider: ProviderContext,
  client: Client,
  use: { readonly connectorId: string; readonly grant: ConnectorGrant },
): Promise<Connector> {
  if (!isAllowedConnector(client, use.connectorId)) {
    throw new OAuthError("invalid_grant", "Connector not allowed for this client.");
  }
  const found = await provider.connectors.find(use.connectorId);
  if (found?.connector === undefined) throw new OAuthError("invalid_request", "Requested connector does not exist.");
  if (allowsGrant(found, use.grant)) return found.connector;
  throw new OAuthError("invalid_request", "Requested connector does not support this grant type.");
}
