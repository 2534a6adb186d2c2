import { readFileSync } from "node:fs";

import type { Foundation, Room } from "./app.ts";
import type { ProxyConfiguration } from "./config/configuration.ts";
import type { ClientConfiguration, ProviderConfiguration } from "./config/provider-configuration.ts";
import { renderProblem } from "./config/problem.ts";
import { createConnector } from "./connector/registry.ts";
import { signInUrl } from "./login/login-routes.ts";
import { type ResolvedConnector, createProviderConnectors } from "./provider-connectors.ts";
import { createProvider } from "./provider/create-provider.ts";
import type { SharedSession } from "./provider/provider-deps.ts";
import type { Client, StoredConnector } from "./provider/storage-model.ts";
import { withStaticClients } from "./store/static-overlay.ts";

/** The provider's room: OpenID Connect for registered clients. */
export function createProviderRoom(foundation: Foundation, configuration: ProviderConfiguration): Room {
  const { store, proxy } = { store: foundation.store, proxy: foundation.configuration.proxy };
  const shared = configuration.sharedSession && proxy !== undefined ? shareSession(foundation, proxy) : undefined;
  const connectors = createProviderConnectors(
    {
      configured: foundation.connectors,
      stored: store.connectors,
      log: foundation.log,
      resolve: resolveStored,
      create: (one) => createConnector(foundation.connectorDeps, one),
    },
    configuration,
  );
  const provider = createProvider({
    ...foundation,
    configuration,
    connectors,
    dialect: foundation.configuration.dialect,
    store: withStaticClients(store, configuration.clients.map(clientOf)),
    leases: store.leases,
    fetch: foundation.connectorDeps.fetch,
    clientAddress: foundation.trustedProxies.clientAddress,
    ...(shared === undefined ? {} : { sharedSession: shared }),
    ...(foundation.dexMetrics === undefined ? {} : { observe: foundation.dexMetrics.observe }),
  });
  return {
    routes: provider.routes,
    start: provider.start,
    close() {
      provider.close();
      connectors.close();
    },
  };
}

/** A stored connector as dex's configuration file would say it. Its reader is loaded when there is one. */
async function resolveStored(stored: StoredConnector): Promise<ResolvedConnector> {
  const { resolveStoredConnector } = await import("./config/dex/resolve-stored-connector.ts");
  const deps = { readFile: (path: string) => readFileSync(path, "utf8"), env: process.env };
  const resolved = resolveStoredConnector(deps, stored);
  return "problems" in resolved ? { reason: resolved.problems.map(renderProblem).join(" ") } : resolved;
}

/** People sign in at the proxy's endpoints, once for both rooms. */
function shareSession({ sessions }: Foundation, proxy: ProxyConfiguration): SharedSession {
  return {
    load: sessions.load,
    end: sessions.end,
    signInUrl: (returnPath, options) => signInUrl(proxy, returnPath, options),
  };
}

/** Groups are only the configuration's, and never stored. */
function clientOf({ secret, groups: _groups, ...client }: ClientConfiguration): Client {
  return { ...client, secret: secret.reveal() };
}
