import type { Foundation, Room } from "./app.ts";
import type { ClientConfiguration, ProviderConfiguration, ProxyConfiguration } from "./config/configuration.ts";
import { signInUrl } from "./login/login-routes.ts";
import { createProvider } from "./provider/create-provider.ts";
import type { SharedSession } from "./provider/provider-deps.ts";
import type { Client } from "./provider/storage-model.ts";
import { withStaticClients } from "./store/static-overlay.ts";

/** The provider's room: OpenID Connect for registered clients. */
export function createProviderRoom(foundation: Foundation, configuration: ProviderConfiguration): Room {
  const { store, proxy } = { store: foundation.store, proxy: foundation.configuration.proxy };
  const shared = configuration.sharedSession && proxy !== undefined ? shareSession(foundation, proxy) : undefined;
  const provider = createProvider({
    ...foundation,
    configuration,
    dialect: foundation.configuration.dialect,
    store: withStaticClients(store, configuration.clients.map(clientOf)),
    leases: store.leases,
    clientAddress: foundation.trustedProxies.clientAddress,
    ...(shared === undefined ? {} : { sharedSession: shared }),
  });
  return { routes: provider.routes, start: provider.start, close: provider.close };
}

/** People sign in at the proxy's endpoints, once for both rooms. */
function shareSession({ sessions }: Foundation, proxy: ProxyConfiguration): SharedSession {
  return {
    load: sessions.load,
    end: sessions.end,
    signInUrl: (returnPath, options) => signInUrl(proxy, returnPath, options),
  };
}

function clientOf({ secret, ...client }: ClientConfiguration): Client {
  return { ...client, secret: secret.reveal() };
}
