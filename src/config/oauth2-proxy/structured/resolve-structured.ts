import type { Listener } from "../../configuration.ts";
import type { ConnectorConfiguration, UpstreamTrust } from "../../connector-configuration.ts";
import type { HeaderInjection, LoginParameter, OAuth2ProxyUpstreams } from "../../oauth2-proxy-configuration.ts";
import { Secret } from "../../../protocol/secret.ts";
import type { StructuredOptions } from "../structured-options.ts";
import { checkProviders } from "./check-providers.ts";
import { resolveConnector } from "./resolve-connector.ts";
import { resolveGroups } from "./resolve-groups.ts";
import { resolveHeaders } from "./resolve-headers.ts";
import { resolveListeners } from "./resolve-listeners.ts";
import { resolveLoginParameters } from "./resolve-login-parameters.ts";
import { resolveTrust } from "./resolve-trust.ts";
import { resolveUpstreams } from "./resolve-upstreams.ts";
import { type PlaceOf, refuse, type StructuredDeps, type StructuredResolving } from "./structured-resolving.ts";

export type { PlaceOf } from "./structured-resolving.ts";

/** What the structured options come to. Usable only when no error was added to `problems`. */
export interface StructuredResult {
  readonly connector: ConnectorConfiguration;
  readonly listeners: readonly Listener[];
  readonly telemetryListeners: readonly Listener[];
  readonly requestHeaders: readonly HeaderInjection[];
  readonly responseHeaders: readonly HeaderInjection[];
  readonly upstreams: OAuth2ProxyUpstreams;
  readonly loginParameters: readonly LoginParameter[];
  /** Empty = nobody is asked. */
  readonly backendLogoutUrl: string;
  /** One of them is needed to enter; empty = none is. */
  readonly admissionGroups: readonly string[];
  /** TLS towards the provider and, as in the original, whatever else is asked; absent = the system's authorities. */
  readonly trust?: UpstreamTrust;
  /** What the button says one signs in with. */
  readonly providerName: string;
}

/** Turn the structured options, wherever they were written, into configuration. All that is wrong is gathered. */
export function resolveStructured(
  deps: StructuredDeps,
  options: StructuredOptions,
  placeOf: PlaceOf,
): StructuredResult {
  const resolving = { ...deps, placeOf };
  const listeners = resolveListeners(resolving, options.server, "server");
  const isOff = [options.server.bindAddress, options.server.secureBindAddress].every((at) => at === "" || at === "-");
  if (isOff) refuse(resolving, "server", "there is no address to listen on", "Set one, such as 127.0.0.1:4180.");
  return {
    listeners,
    telemetryListeners: resolveListeners(resolving, options.metricsServer, "metricsServer"),
    requestHeaders: resolveHeaders(resolving, options, "injectRequestHeaders"),
    responseHeaders: resolveHeaders(resolving, options, "injectResponseHeaders"),
    upstreams: resolveUpstreams(resolving, options),
    ...resolveProviders(resolving, options),
  };
}

type ProviderPart = Pick<
  StructuredResult,
  "connector" | "loginParameters" | "backendLogoutUrl" | "admissionGroups" | "trust" | "providerName"
>;

function resolveProviders(resolving: StructuredResolving, { providers }: StructuredOptions): ProviderPart {
  checkProviders(resolving, providers);
  const [provider] = providers;
  if (provider === undefined) return NO_PROVIDER;
  const trust = resolveTrust(resolving, provider);
  const connector = resolveConnector(resolving, provider, trust);
  return {
    connector,
    loginParameters: resolveLoginParameters(resolving, provider),
    backendLogoutUrl: provider.backendLogoutURL,
    admissionGroups: resolveGroups(resolving, provider),
    ...(trust === undefined ? {} : { trust }),
    providerName: connector.name,
  };
}

/** Never served: there is an error then. */
const NO_PROVIDER: ProviderPart = {
  connector: {
    type: "digitalocean",
    id: "",
    name: "",
    clientId: "",
    clientSecret: new Secret(""),
    scopes: [],
    endpoints: { authorization: "", token: "", profile: "", validate: "" },
  },
  loginParameters: [],
  backendLogoutUrl: "",
  admissionGroups: [],
  providerName: "",
};
