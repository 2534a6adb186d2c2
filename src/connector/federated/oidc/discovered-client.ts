import { systemSchedule } from "../../oidc/background-document.ts";
import { Discovery } from "../../oidc/discovery.ts";
import type { MetadataPolicy, ProviderMetadata } from "../../oidc/provider-metadata.ts";
import { RemoteKeys } from "../../oidc/remote-keys.ts";
import type { ConnectorDeps } from "../../registry.ts";
import { createVendorClient, type VendorClient } from "../oauth-vendor/vendor-client.ts";

/** Our registration at an OpenID Connect provider. What it says of itself is known only once it was reached. */
export interface DiscoveredClient {
  /** Its endpoints are empty: see {@link discovered}. */
  readonly client: VendorClient;
  readonly discovery: Discovery;
  readonly keys: RemoteKeys;
  /** It names itself otherwise in its tokens than in its metadata, so what it names itself in callbacks is not known. */
  readonly hasAlias: boolean;
}

type ClientSettings = Parameters<typeof createVendorClient>[1];

/** Begin to know a provider: its metadata is discovered in the background from now on, until `discovery.close`. */
export function createDiscoveredClient(
  deps: ConnectorDeps,
  settings: ClientSettings,
  issuer: string,
  policy: MetadataPolicy = {},
): DiscoveredClient {
  const client = createVendorClient(deps, settings, { authorization: "", token: "" });
  const { clock, fetch, log } = client;
  const { random = Math.random } = deps;
  return {
    client,
    discovery: new Discovery({ fetch, log, random, schedule: systemSchedule }, issuer, policy),
    keys: new RemoteKeys({ clock, fetch }),
    hasAlias: Boolean(policy.issuerAlias),
  };
}

/** @throws {ConnectorError} `unreachable` when nothing is known of the provider yet. */
export async function discovered({
  client,
  discovery,
}: DiscoveredClient): Promise<{ readonly client: VendorClient; readonly metadata: ProviderMetadata }> {
  const metadata = await discovery.get();
  const endpoints = { authorization: metadata.authorizationEndpoint, token: metadata.tokenEndpoint };
  return { client: { ...client, endpoints }, metadata };
}
