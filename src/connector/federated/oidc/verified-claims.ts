import type { OidcUpstream } from "../../../config/dex-connector-configuration.ts";
import type { RegularExpression } from "../../../protocol/regular-expression.ts";
import type { ConnectorError } from "../../connector-error.ts";
import type { Claims } from "../../oidc/identity-claims.ts";
import { fetchClaims } from "../../oidc/oauth2-proxy/claim-sources.ts";
import type { ProviderMetadata } from "../../oidc/provider-metadata.ts";
import { unreachable } from "../../oidc/upstream-request.ts";
import type { DiscoveredClient } from "./discovered-client.ts";

/** One upstream of this kind. */
export interface Oidc extends DiscoveredClient {
  readonly upstream: OidcUpstream;
  /** Absent = all groups pass. */
  readonly groupsFilter?: RegularExpression;
}

interface Proof {
  /** Claims of the ID token; none when there is none. */
  readonly verified: Claims;
  readonly accessToken: string;
  /** What a refusal of the access token is. Default `unreachable`. */
  readonly refusedToken?: (reason: string) => ConnectorError;
}

/**
 * All that is known of somebody: what userinfo says takes the place of what the ID token says, where it is asked.
 *
 * @throws {ConnectorError} `untrusted` when userinfo is about somebody else (OpenID Connect Core §5.3.2); `unreachable`.
 */
export async function claimsOf(
  { client, keys, upstream }: Oidc,
  metadata: ProviderMetadata,
  { verified, accessToken, refusedToken }: Proof,
): Promise<Claims> {
  if (!upstream.getUserInfo) return verified;
  const { userinfoEndpoint: endpoint } = metadata;
  if (endpoint === undefined) throw unreachable("getUserInfo is set, but the upstream has no userinfo endpoint");
  const deps = { clock: client.clock, fetch: client.fetch, keys, configuration: client.configuration };
  const question = { endpoint, accessToken, subject: verified.sub, ...(refusedToken && { refusedToken }) };
  // How somebody was authenticated is the ID token's to say.
  return { ...verified, ...(await fetchClaims(deps, metadata, question)), acr: verified.acr };
}
