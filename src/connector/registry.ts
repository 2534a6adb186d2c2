import type { ConnectorConfiguration, LocalUser, UpstreamTrust } from "../config/connector-configuration.ts";
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
  /** For connectors whose configuration says whose certificates an upstream may show. Absent: `fetch` serves them too. */
  readonly fetchWith?: (trust: UpstreamTrust) => ConnectorDeps["fetch"];
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

/** Make one connector, such as one that is kept in a store. */
export async function createConnector(deps: ConnectorDeps, configuration: ConnectorConfiguration): Promise<Connector> {
  if (configuration.type === "local") {
    const { createLocalConnector } = await import("./local/local-connector.ts");
    return createLocalConnector(deps, configuration);
  }
  if (configuration.type === "federated") {
    const { createFederatedConnector } = await import("./federated/create-federated-connector.ts");
    return createFederatedConnector(deps, configuration);
  }
  const { trust } = configuration;
  const fetch = trust === undefined ? undefined : deps.fetchWith?.(trust);
  return createRedirectConnector({ ...deps, ...(fetch && { fetch }) }, configuration);
}

type RedirectConfiguration = Exclude<ConnectorConfiguration, { readonly type: "local" | "federated" }>;

async function createRedirectConnector(deps: ConnectorDeps, configuration: RedirectConfiguration): Promise<Connector> {
  switch (configuration.type) {
    case "oidc": {
      const { createOidcConnector } = await import("./oidc/oidc-connector.ts");
      return createOidcConnector(deps, configuration);
    }
    case "adfs": {
      const { createAdfsConnector } = await import("./adfs/adfs-connector.ts");
      return createAdfsConnector(deps, configuration);
    }
    case "azure": {
      const { createAzureConnector } = await import("./azure/azure-connector.ts");
      return createAzureConnector(deps, configuration);
    }
    case "cidaas": {
      const { createCidaasConnector } = await import("./cidaas/cidaas-connector.ts");
      return createCidaasConnector(deps, configuration);
    }
    case "entra-id": {
      const { createEntraIdConnector } = await import("./entra-id/entra-id-connector.ts");
      return createEntraIdConnector(deps, configuration);
    }
    case "gitlab": {
      const { createGitlabConnector } = await import("./gitlab/gitlab-connector.ts");
      return createGitlabConnector(deps, configuration);
    }
    case "keycloak-oidc": {
      const { createKeycloakOidcConnector } = await import("./keycloak-oidc/keycloak-oidc-connector.ts");
      return createKeycloakOidcConnector(deps, configuration);
    }
    default: {
      const { createOAuth2Connector } = await import("./oauth2/create-oauth2-connector.ts");
      return createOAuth2Connector(deps, configuration);
    }
  }
}
