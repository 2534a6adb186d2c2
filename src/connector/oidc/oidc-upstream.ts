import type { OidcOptions } from "../../config/connector-configuration.ts";
import type { Clock } from "../../protocol/clock.ts";
import type { Identity, Login, UpstreamTokens } from "../../protocol/identity.ts";
import type { Log } from "../../telemetry/log.ts";
import { encodeConnectorData } from "./connector-data.ts";
import { type Schedule, systemSchedule } from "./background-document.ts";
import { Discovery } from "./discovery.ts";
import { type Claims, isIncomplete } from "./identity-claims.ts";
import { createStaticKeys, type KeySource } from "./key-source.ts";
import { createStaticMetadata, type MetadataSource } from "./metadata-source.ts";
import type { ProviderMetadata } from "./provider-metadata.ts";
import { RemoteKeys } from "./remote-keys.ts";
import type { TokenRequestDeps } from "./token-request.ts";
import type { Fetch } from "./upstream-request.ts";
import { fetchUserinfo } from "./userinfo.ts";
import type { VerifiedIdToken } from "./verify-id-token.ts";

export interface OidcConnectorDeps {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly log: Log;
  /** Between 0 and 1, spreads retries. Default `Math.random`. */
  readonly random?: () => number;
  /** Default: the system's timers. */
  readonly schedule?: Schedule;
}

/** One upstream, with what is known of it. */
export interface OidcUpstream extends TokenRequestDeps {
  readonly log: Log;
  readonly configuration: OidcOptions;
  readonly discovery: MetadataSource;
  readonly keys: KeySource;
}

/**
 * Begin to know an upstream: its metadata is discovered in the background from now on, unless the configuration holds all.
 *
 * @throws {Error} in words for the operator when a configured key or algorithm is not usable.
 */
export function createUpstream(deps: OidcConnectorDeps, configuration: OidcOptions): OidcUpstream {
  const { clock, fetch, random = Math.random, schedule = systemSchedule } = deps;
  const { issuer, publicKeys = [] } = configuration;
  const log = deps.log.with({ connector: configuration.id });
  return {
    clock,
    fetch,
    log,
    configuration,
    discovery:
      configuration.discovery === false
        ? createStaticMetadata(configuration)
        : new Discovery({ fetch, log, random, schedule }, issuer, configuration),
    keys: publicKeys.length > 0 ? createStaticKeys(publicKeys) : new RemoteKeys({ clock, fetch }),
    clientAuthentication: {},
  };
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
  if (endpoint === undefined || accessToken === undefined || upstream.configuration.skipUserinfo) return [claims];
  if (!isIncomplete(claims, upstream.configuration)) return [claims];
  const userinfo = await fetchUserinfo(upstream.fetch, { endpoint, accessToken, sub: claims.sub });
  if (userinfo === undefined) upstream.log.warn("the userinfo endpoint refused the access token");
  return userinfo === undefined ? [claims] : [claims, userinfo];
}

/** A finished login, with what the provider keeps for later. */
export function finishedLogin(identity: Identity, tokens: UpstreamTokens): Login {
  return { identity, tokens, connectorData: encodeConnectorData(tokens.refreshToken ?? "") };
}
