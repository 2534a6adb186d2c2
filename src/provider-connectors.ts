import type { ProviderConfiguration } from "./config/provider-configuration.ts";
import type { ConnectorConfiguration } from "./config/connector-configuration.ts";
import type { Connector } from "./connector/connector.ts";
import type { ConnectorRegistry } from "./connector/registry.ts";
import type { ProviderConnector, ProviderConnectors } from "./provider/provider-deps.ts";
import type { StoredConnector } from "./provider/storage-model.ts";
import type { Collection } from "./store/ports.ts";
import type { Log } from "./telemetry/log.ts";

export interface ProviderConnectorsDeps {
  readonly configured: ConnectorRegistry;
  readonly stored: Collection<StoredConnector>;
  readonly log: Log;
  /** Reads what is stored; a reason for the log when that is wrong. */
  readonly resolve: (stored: StoredConnector) => Promise<ResolvedConnector>;
  readonly create: (configuration: ConnectorConfiguration) => Promise<Connector>;
}

export type ResolvedConnector = { readonly configuration: ConnectorConfiguration } | { readonly reason: string };

interface Opened {
  readonly resourceVersion: string;
  readonly connector: Promise<Connector | undefined>;
}

/**
 * The connectors of the configuration, which win by id, and those that are kept in the store, which may be made, changed and removed
 * at any time: they are read at each use, and opened anew when they have changed.
 */
export function createProviderConnectors(
  deps: ProviderConnectorsDeps,
  { connectorGrantTypes }: Pick<ProviderConfiguration, "connectorGrantTypes">,
): ProviderConnectors & { close(): void } {
  const opened = new Map<string, Opened>();
  const configured = (connector: Connector): ProviderConnector => ({
    id: connector.id,
    name: connector.name,
    type: connector.type,
    grantTypes: connectorGrantTypes[connector.id] ?? [],
    connector,
  });
  const ofStore = async (stored: StoredConnector): Promise<ProviderConnector> => {
    const { id, name, type, grantTypes } = stored;
    return { id, name, type, grantTypes, connector: await open(deps, opened, stored) };
  };
  return {
    async find(id) {
      const fixed = deps.configured.find(id);
      if (fixed !== undefined) return configured(fixed);
      const stored = await deps.stored.find(id);
      return stored === undefined ? undefined : ofStore(stored);
    },
    async list() {
      const fixed = deps.configured.list().map(configured);
      const stored = (await deps.stored.list()).filter(({ id }) => deps.configured.find(id) === undefined);
      return [...fixed, ...(await Promise.all(stored.map(ofStore)))];
    },
    close() {
      for (const { connector } of opened.values()) void connector.then((one) => one?.close?.());
      opened.clear();
    },
  };
}

function open(
  deps: ProviderConnectorsDeps,
  opened: Map<string, Opened>,
  stored: StoredConnector,
): Promise<Connector | undefined> {
  const known = opened.get(stored.id);
  if (known?.resourceVersion === stored.resourceVersion) return known.connector;
  void known?.connector.then((connector) => connector?.close?.());
  const connector = create(deps, stored);
  opened.set(stored.id, { resourceVersion: stored.resourceVersion, connector });
  return connector;
}

async function create(deps: ProviderConnectorsDeps, stored: StoredConnector): Promise<Connector | undefined> {
  const failed = (reason: string): undefined => {
    deps.log.error("a stored connector cannot be opened", { connector: stored.id, reason });
    return undefined;
  };
  const resolved = await deps.resolve(stored);
  if ("reason" in resolved) return failed(resolved.reason);
  return deps.create(resolved.configuration).catch((error: unknown) => failed(String(error)));
}
