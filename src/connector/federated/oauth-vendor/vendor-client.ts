import type { OAuthClientOptions } from "../../../config/dex-vendor-configuration.ts";
import type { UpstreamTrust } from "../../../config/connector-configuration.ts";
import type { Clock } from "../../../protocol/clock.ts";
import type { Log } from "../../../telemetry/log.ts";
import type { LoginTransaction, WantedParts } from "../../connector.ts";
import { type Fetch, unreachable } from "../../oidc/upstream-request.ts";
import type { ConnectorDeps } from "../../registry.ts";

/** Our registration at one vendor, and how to reach it. */
export interface VendorClient {
  readonly id: string;
  readonly name: string;
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly log: Log;
  readonly configuration: OAuthClientOptions;
  readonly endpoints: VendorEndpoints;
  /** How the token endpoint wants to know us, where it was found out that it is not in the header. */
  readonly clientAuthentication: { proven?: "post" | "none" | undefined };
  /** Parameters of token requests that take the place of the secret. Absent = the secret is sent. */
  readonly assertion?: () => Promise<Readonly<Record<string, string>>>;
}

export interface VendorEndpoints {
  readonly authorization: string;
  readonly token: string;
}

interface VendorSettings {
  readonly id: string;
  readonly name: string;
  readonly upstream: OAuthClientOptions & { readonly trust?: UpstreamTrust };
}

export function createVendorClient(
  deps: ConnectorDeps,
  { id, name, upstream }: VendorSettings,
  endpoints: VendorEndpoints,
): VendorClient {
  return {
    id,
    name,
    clock: deps.clock,
    fetch: (upstream.trust && deps.fetchWith?.(upstream.trust)) ?? deps.fetch,
    log: deps.log.with({ connector: id }),
    configuration: upstream,
    endpoints,
    clientAuthentication: {},
  };
}

/** What is wanted of an upstream when nobody said: everything there is. */
export const EVERYTHING: WantedParts = { groups: true, offlineAccess: true };

/**
 * The configured callback must be the one that logins really come back to, to the letter.
 * @throws {ConnectorError} `unreachable`: nobody can sign in until the operator mends it.
 */
export function checkRedirectUri({ id, configuration }: VendorClient, { redirectUri }: LoginTransaction): void {
  if (configuration.redirectUri === redirectUri) return;
  throw unreachable(
    `connector ${id} is configured with redirectURI ${JSON.stringify(configuration.redirectUri)}: set it to ${JSON.stringify(redirectUri)}`,
  );
}
