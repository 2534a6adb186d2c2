import type { OidcOptions } from "../../config/connector-configuration.ts";
import type { ConnectorStatus } from "../connector.ts";
import { type ProviderMetadata, usableAlgorithms } from "./provider-metadata.ts";

/** Where what is known of an upstream comes from. */
export interface MetadataSource {
  /** What is known now. */
  readonly current: ProviderMetadata | undefined;
  status(): ConnectorStatus;
  /** @throws {ConnectorError} `unreachable` when it is not known yet. */
  get(): Promise<ProviderMetadata>;
  /** Stop background work. */
  close(): void;
}

/**
 * What the configuration says of an upstream that is not to be discovered. An empty endpoint fails when it is needed.
 *
 * @throws {Error} in words for the operator when no signature algorithm is usable.
 */
export function createStaticMetadata(configuration: OidcOptions): MetadataSource {
  const { issuer, endpoints } = configuration;
  const metadata: ProviderMetadata = {
    issuer,
    authorizationEndpoint: endpoints?.authorization ?? "",
    tokenEndpoint: endpoints?.token ?? "",
    jwksUri: endpoints?.jwks ?? "",
    ...(endpoints?.userinfo && { userinfoEndpoint: endpoints.userinfo }),
    signingAlgorithms: usableAlgorithms(undefined, configuration),
    tokenAuthenticationMethods: ["client_secret_basic"],
    sendsIssuer: false,
  };
  return {
    current: metadata,
    status: () => ({ reachable: true }),
    get: () => Promise.resolve(metadata),
    close: () => {},
  };
}
