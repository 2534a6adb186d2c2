import type { ConnectorConfiguration, LocalUser } from "../config/connector-configuration.ts";
import type { Clock } from "../protocol/clock.ts";
import type { Log } from "../telemetry/log.ts";
import type { Connector } from "./connector.ts";

/** The configured connectors, in the order of the configuration. */
export interface ConnectorRegistry {
  list(): readonly Connector[];
  find(id: string): Connector | undefined;
  /** Stop all background work. */
  close(): void;
}

export interface ConnectorDeps {
  readonly clock: Clock;
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  readonly log: Log;
  /** Between 0 and 1. Default `Math.random`. */
  readonly random?: () => number;
  /** More local users, such as those of a store's password table, by lower-case e-mail address. */
  readonly findUser?: (email: string) => Promise<LocalUser | undefined>;
}

/**
 * Make the configured connectors. Only the code of configured types is loaded: a process without OpenID Connect upstreams
 * never loads a JOSE library for them.
 *
 * @param configurations with distinct ids, as the configuration's loaders make sure.
 */
export async function createConnectors(
  deps: ConnectorDeps,
  configurations: readonly ConnectorConfiguration[],
): Promise<ConnectorRegistry> {
  const connectors = await Promise.all(configurations.map((configuration) => createConnector(deps, configuration)));
  const byId = new Map(connectors.map((connector) => [connector.id, connector]));
  return {
    list: () => connectors,
    find: (id) => byId.get(id),
    close: () => connectors.forEach((connector) => connector.close?.()),
  };
}

async function createConnector(deps: ConnectorDeps, configuration: ConnectorConfiguration): Promise<Connector> {
  if (configuration.type === "local") {
    const { createLocalConnector } = await import("./local/local-connector.ts");
    return createLocalConnector(deps, configuration);
  }
  if (configuration.type !== "oidc") throw new Error(`connector type ${configuration.type} is not made yet`);
  const { createOidcConnector } = await import("./oidc/oidc-connector.ts");
  return createOidcConnector(deps, configuration);
}
