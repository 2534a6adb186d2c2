import type { Listener } from "../../configuration.ts";
import type { ConnectorConfiguration, UpstreamTrust } from "../../connector-configuration.ts";
import type { HeaderInjection, LoginParameter, OAuth2ProxyUpstreams } from "../../oauth2-proxy-configuration.ts";
import type { Problem } from "../../problem.ts";
import type { Place } from "../raw-setting.ts";
import type { StructuredOptions } from "../structured-options.ts";

export interface StructuredDeps {
  /** The text of a file (UTF-8); throws when it cannot be read. */
  readonly readFile: (path: string) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Everything wrong is added here. */
  readonly problems: Problem[];
}

/** Where a structured option stands, such as `providers[0].clientID`: a flag, a variable, a line of a file. */
export type PlaceOf = (path: string) => Place;

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

export function resolveStructured(
  _deps: StructuredDeps,
  _structured: StructuredOptions,
  _placeOf: PlaceOf,
): StructuredResult {
  throw new Error("under way");
}
