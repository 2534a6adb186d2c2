import type { OidcConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Identity, Login, UpstreamTokens } from "../../protocol/identity.ts";
import type { Log } from "../../telemetry/log.ts";
import { encodeConnectorData } from "./connector-data.ts";
import type { Discovery } from "./discovery.ts";
import { type Claims, isIncomplete } from "./identity-claims.ts";
import type { ProviderMetadata } from "./provider-metadata.ts";
import type { RemoteKeys } from "./remote-keys.ts";
import type { TokenRequestDeps } from "./token-request.ts";
import { fetchUserinfo } from "./userinfo.ts";
import type { VerifiedIdToken } from "./verify-id-token.ts";

/** One upstream, with what is known of it. */
export interface OidcUpstream extends TokenRequestDeps {
  readonly log: Log;
  readonly configuration: OidcConnectorConfiguration;
  readonly discovery: Discovery;
  readonly keys: RemoteKeys;
}

/**
 * The claims of an ID token, and those of userinfo after them when the ID token leaves the address or the groups open.
 *
 * @throws {ConnectorError} `unreachable`, `untrusted`.
 */
export async function completeClaims(
  upstream: OidcUpstream,
  metadata: ProviderMetadata,
  claims: VerifiedIdToken,
  accessToken: string | undefined,
): Promise<readonly Claims[]> {
  const endpoint = metadata.userinfoEndpoint;
  if (endpoint === undefined || accessToken === undefined) return [claims];
  if (!isIncomplete(claims, upstream.configuration)) return [claims];
  const userinfo = await fetchUserinfo(upstream.fetch, { endpoint, accessToken, sub: claims.sub });
  if (userinfo === undefined) upstream.log.warn("the userinfo endpoint refused the access token");
  return userinfo === undefined ? [claims] : [claims, userinfo];
}

/** A finished login, with what the provider keeps for later. */
export function finishedLogin(identity: Identity, tokens: UpstreamTokens): Login {
  return { identity, tokens, connectorData: encodeConnectorData(tokens.refreshToken ?? "") };
}
