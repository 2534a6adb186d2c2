import type { Configuration } from "../config/configuration.ts";
import type { ProviderConfiguration } from "../config/provider-configuration.ts";
import type { Connector } from "../connector/connector.ts";
import type { Peer } from "../http/handler.ts";
import type { Pages } from "../pages/pages.ts";
import type { Clock } from "../protocol/clock.ts";
import type { LoadedSession } from "../session/session.ts";
import type { Leases, ProviderStore } from "../store/ports.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { AnsweredRequest } from "../telemetry/dex/create-dex-metrics.ts";
import type { StorageHealth } from "./health.ts";
import type { KeyKeeper } from "./signing-keys/create-signing-keys.ts";
import type { TokenVerifier } from "./verify-token.ts";

/** What the provider is made of. */
export interface ProviderDeps {
  readonly configuration: ProviderConfiguration;
  readonly dialect: Configuration["dialect"];
  readonly store: ProviderStore;
  readonly leases: Leases;
  readonly connectors: ProviderConnectors;
  readonly pages: Pages;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** For a signer that is asked over the network. */
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  readonly clientAddress: (request: Request, peer: Peer) => string;
  /** Does the store answer? */
  readonly health: () => Promise<StorageHealth>;
  /** Told of every answer, by the pattern of its path. Absent: nobody counts. */
  readonly observe?: (answered: AnsweredRequest) => void;
  /** The browser's own session, when people sign in with it instead of at every authorization request. */
  readonly sharedSession?: SharedSession;
}

/** The upstream identity providers that people may sign in with: those of the configuration, then those that are stored. */
export interface ProviderConnectors {
  list(): Promise<readonly ProviderConnector[]>;
  find(id: string): Promise<ProviderConnector | undefined>;
}

/** A connector as clients and people know it. */
export interface ProviderConnector {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Which grants may use it; empty = all. */
  readonly grantTypes: readonly string[];
  /** Undefined when it is stored and cannot be opened. */
  readonly connector: Connector | undefined;
}

/** The sign-in that the provider shares with the proxy. */
export interface SharedSession {
  load(request: Request): LoadedSession | Promise<LoadedSession>;
  /** Where a browser signs in and comes back from to this path. */
  signInUrl(returnPath: string, options: SignInRequest): string;
  /** @returns `Set-Cookie` values. */
  end(request: Request): Promise<readonly string[]>;
}

export interface SignInRequest {
  readonly connectorId?: string;
  readonly loginHint?: string;
  readonly forceLogin?: boolean;
}

/** {@link ProviderDeps} with what is derived from them once. */
export interface ProviderContext extends ProviderDeps {
  /** The issuer without a trailing slash: what the addresses of endpoints begin with. */
  readonly baseUrl: string;
  /** Path of the issuer, without a trailing slash; empty for the root. */
  readonly root: string;
  readonly keys: KeyKeeper;
  readonly tokens: TokenVerifier;
}

/** The drop-in answers as dex does where the originals are odd; the native dialect as the specifications want. */
export function isNative(deps: Pick<ProviderDeps, "dialect">): boolean {
  return deps.dialect === "native";
}
