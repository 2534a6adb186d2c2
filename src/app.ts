import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

import { VERSION } from "./cli/version.ts";
import type { Configuration } from "./config/configuration.ts";
import type { LocalUser } from "./config/connector-configuration.ts";
import type { ConnectorDeps, ConnectorRegistry } from "./connector/registry.ts";
import { requireReachable } from "./connector/require-reachable.ts";
import { createConnectors } from "./connector/registry.ts";
import { createKey, loadKeyFile } from "./crypto/key-file.ts";
import { type KeyRing, createKeyRing } from "./crypto/seal.ts";
import { createTrustedProxies } from "./http/client-address.ts";
import { withErrorResponses } from "./http/error-response.ts";
import type { Handler, Route } from "./http/handler.ts";
import { createRouter } from "./http/router.ts";
import { createLoginTransactions } from "./login/create-login-transactions.ts";
import { createPages } from "./pages/create-pages.ts";
import type { Pages } from "./pages/pages.ts";
import { type Clock, systemClock } from "./protocol/clock.ts";
import { PublicError } from "./protocol/public-error.ts";
import { createRefreshIdentity, createValidateIdentity } from "./refresh-identity.ts";
import type { ObserverDeps } from "./proxy/oauth2-proxy/observe.ts";
import { createFetch } from "./runtime/create-fetch.ts";
import { createProxyRoom } from "./proxy-room.ts";
import { type StorageHealth, createHealth } from "./provider/health.ts";
import { createProviderRoom } from "./provider-room.ts";
import { type SessionEndings, createSessionEndings } from "./session/session-endings.ts";
import type { SessionKeeper } from "./session/session.ts";
import { createSessions } from "./create-sessions.ts";
import { createTelemetryHandler } from "./telemetry-handler.ts";
import type { Store } from "./store/ports.ts";
import type { DexMetrics } from "./telemetry/dex/create-dex-metrics.ts";
import type { Log } from "./telemetry/log.ts";
import type { Metrics } from "./telemetry/metrics.ts";

/** What a running Gatehouse is made of, before a socket is opened. */
export interface Application {
  readonly handler: Handler;
  /** `/metrics`, `/healthz`, `/readyz`. */
  readonly telemetryHandler: Handler;
  readonly store: Store;
  /** Begin background work: signing keys, expiry. Never fails because something is down. */
  start(): void;
  /** End background work. The store is closed by whoever opened it. */
  close(): void;
}

/** What every room is built from. */
export interface Foundation {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly connectors: ConnectorRegistry;
  /** For connectors that are made later than at the start. */
  readonly connectorDeps: ConnectorDeps;
  readonly keyRing: KeyRing;
  readonly pages: Pages;
  readonly sessions: SessionKeeper;
  readonly transactions: ReturnType<typeof createLoginTransactions>;
  readonly trustedProxies: ReturnType<typeof createTrustedProxies>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly original?: OriginalTelemetry;
  /** Does the store answer? */
  readonly health: () => Promise<StorageHealth>;
  /** dex's numbers, where we stand in for it. */
  readonly dexMetrics?: DexMetrics;
}

/** How oauth2-proxy counts and logs, where we stand in for it. */
export interface OriginalTelemetry extends Pick<ObserverDeps, "begin" | "logRequest"> {
  readonly logAuth?: ObserverDeps["logAuth"];
  /** The numbers, as Prometheus reads them. */
  readonly render: () => string;
}

export interface ApplicationDeps {
  readonly store: Store;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock?: Clock;
  /** Who waits for the end of sessions: WebSockets outlive a reload, and so must this. Default: nobody yet. */
  readonly endings?: SessionEndings;
  readonly original?: OriginalTelemetry;
}

/** A room: routes below its own paths, and how it starts and ends. */
export interface Room {
  readonly routes: readonly Route[];
  /** Answers a request for the host of an application, or undefined when the host is none. */
  readonly applications?: (request: Request) => Handler | undefined;
  start(): void;
  close(): void;
}

/** How often what ended is deleted, and how much of it at once. */
const EXPIRY_PERIOD_MS = 60_000;
const EXPIRY_BATCH = 1000;
/** How long others may use the store between two batches. */
const EXPIRY_PAUSE_MS = 250;

/**
 * The composition root: configuration → dependencies → handlers.
 *
 * @throws {KeyFileError} when the generated keys cannot be read or made.
 */
export async function createApplication(configuration: Configuration, deps: ApplicationDeps): Promise<Application> {
  const foundation = await createFoundation(configuration, deps);
  const rooms: Room[] = [];
  const close = (): void => {
    rooms.forEach((room) => room.close());
    foundation.connectors.close();
    foundation.sessions.close?.();
  };
  const handler = await openRooms(foundation, rooms).catch((error: unknown) => {
    close(); // or it would go on in the background, once more for each reload of a configuration that is wrong
    throw error;
  });
  return {
    handler: withErrorResponses(
      { log: foundation.log, renderPage: (request, page) => foundation.pages.error(request, page) },
      handler,
    ),
    telemetryHandler: createTelemetryHandler({
      ...foundation,
      ...(foundation.original === undefined ? {} : { originalMetrics: foundation.original }),
    }),
    store: foundation.store,
    start: () => rooms.forEach((room) => room.start()),
    close,
  };
}

/** @param rooms each is added to it as soon as it is there. */
async function openRooms(foundation: Foundation, rooms: Room[]): Promise<Handler> {
  const { configuration, connectors, metrics, pages } = foundation;
  if (configuration.provider?.requireConnectors === true) await requireReachable(connectors);
  const open = <R extends Room>(room: R): R => {
    rooms.push(room);
    return room;
  };
  if (configuration.provider !== undefined) open(createProviderRoom(foundation, configuration.provider));
  const proxy =
    configuration.proxy === undefined ? undefined : open(await createProxyRoom(foundation, configuration.proxy));
  if (configuration.oauth2Proxy !== undefined) {
    const { createOAuth2ProxyRoom } = await import("./oauth2-proxy-room.ts");
    return open(await createOAuth2ProxyRoom(foundation, configuration.oauth2Proxy)).handler;
  }
  const routes = [...rooms.flatMap((room) => room.routes), ...pages.routes];
  const own = createRouter(routes, configuration.dialect === "dex" ? plainNotFound : notFound, metrics.request);
  return (request, peer) => (proxy?.applications?.(request) ?? own)(request, peer);
}

async function createFoundation(configuration: Configuration, deps: ApplicationDeps): Promise<Foundation> {
  const clock = deps.clock ?? systemClock;
  const { log, metrics, store, endings = createSessionEndings() } = deps;
  const keyRing = createKeyRing(keysOf(configuration));
  const findUser = (email: string): Promise<LocalUser | undefined> => findStoredUser(store, email);
  const connectorDeps: ConnectorDeps = { clock, fetch, fetchWith: createFetch, log, findUser };
  const connectors = await createConnectors(connectorDeps, configuration.connectors);
  const refreshIdentity = createRefreshIdentity({ connectors, log, metrics });
  const validateIdentity = createValidateIdentity({ connectors, log });
  return {
    configuration,
    store,
    connectors,
    connectorDeps,
    keyRing,
    pages: await openPages(configuration, log),
    sessions: await createSessions(
      { store, keyRing, clock, log, refreshIdentity, validateIdentity, endings },
      configuration,
    ),
    // Logins begin and end at one host, so no other one gets their cookies, or could plant one.
    transactions: createLoginTransactions({ keyRing, clock, cookie: { ...configuration.cookie, domains: [] } }),
    trustedProxies: createTrustedProxies(configuration.trustedProxies.ranges, configuration.trustedProxies.header),
    clock,
    log,
    metrics,
    health: createHealth({ ping: () => store.ping(), clock }),
    ...(deps.original === undefined ? {} : { original: deps.original }),
    ...(await createDexTelemetry(configuration)),
  };
}

/** Our own pages, or those of the web folder that an operator made for dex. */
async function openPages(configuration: Configuration, log: Log): Promise<Pages> {
  const { branding, dialect, provider, proxy, oauth2Proxy } = configuration;
  const root = issuerPath(configuration);
  const own = createPages({
    branding,
    readFile: (path) => readFileSync(path),
    // What lies there is not the provider's.
    ...(dialect === "dex" ? {} : { homeHref: "/" }),
    pathPrefix: `${(proxy ?? oauth2Proxy)?.pathPrefix ?? root}/static`,
  });
  if (dialect !== "dex") return own;
  if (provider?.frontend === undefined) {
    const { ownAssetRoutes } = await import("./pages/dex/own-assets.ts");
    return { ...own, routes: [...own.routes, ...ownAssetRoutes(branding, root)] };
  }
  const { loadWebFolder } = await import("./pages/dex/web-folder.ts");
  const { createDexPages } = await import("./pages/dex/create-dex-pages.ts");
  const files = { readFile: (path: string) => readFileSync(path), readFolder: (path: string) => readdirSync(path) };
  return createDexPages({ own, folder: loadWebFolder(files, provider.frontend, root), log }, root);
}

/** Nobody counts where nobody asks. */
async function createDexTelemetry(configuration: Configuration): Promise<Pick<Foundation, "dexMetrics">> {
  if (configuration.dialect !== "dex" || configuration.telemetryListeners.length === 0) return {};
  const { createDexMetrics } = await import("./telemetry/dex/create-dex-metrics.ts");
  return { dexMetrics: createDexMetrics(VERSION) };
}

/** A user of the store's password table, as a local connector knows users. */
async function findStoredUser(store: Store, email: string): Promise<LocalUser | undefined> {
  const password = await store.passwords.find(email);
  if (password === undefined) return undefined;
  const { hash, username, name, emailVerified, ...rest } = password;
  return { ...rest, passwordHash: hash, name: name || username, emailVerified: emailVerified ?? true };
}

/** From the data folder, else for the life of this process. Nothing is sealed with them where we stand in for oauth2-proxy. */
function keysOf({ dataDir }: Configuration): readonly Uint8Array[] {
  return dataDir === undefined ? [createKey()] : loadKeyFile(join(dataDir, "keys"));
}

/**
 * Delete what ended, from time to time, until stopped. Where there is more than one batch of it the next one follows soon: strangers
 * can begin logins faster than a batch a period removes them.
 */
export function expireRegularly(store: Store, log: Log, clock: Clock = systemClock): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const schedule = (milliseconds: number): void => {
    if (stopped) return;
    timer = setTimeout(() => void expire(), milliseconds);
    timer.unref();
  };
  const expire = async (): Promise<void> => {
    const removed = await store.removeExpired(clock(), EXPIRY_BATCH).catch((error: unknown) => {
      log.warn("expired objects not removed", { cause: String(error) });
      return 0;
    });
    if (removed > 0) log.debug("expired objects removed", { removed });
    schedule(removed >= EXPIRY_BATCH ? EXPIRY_PAUSE_MS : EXPIRY_PERIOD_MS);
  };
  schedule(EXPIRY_PERIOD_MS);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** The store that a configuration names, opened; its modules are loaded only now. */
export async function openStore(
  configuration: Configuration,
  deps: { readonly log: Log; readonly metrics: Metrics },
): Promise<Store> {
  const { storage } = configuration;
  if (storage.type === "memory") return (await import("./store/memory/memory-store.ts")).createMemoryStore();
  if (storage.type === "sqlite") {
    // A folder of dex's that is not there is a volume that is not mounted.
    if (configuration.dialect !== "dex")
      (await import("node:fs")).mkdirSync(dirname(storage.file), { recursive: true });
    return (await import("./store/sqlite/sqlite-store.ts")).openSqliteStore(deps, storage.file);
  }
  return storage.type === "postgres"
    ? (await import("./store/postgres/postgres-store.ts")).openPostgresStore(deps, storage)
    : (await import("./store/mysql/mysql-store.ts")).openMysqlStore(deps, storage);
}

function issuerPath(configuration: Configuration): string {
  return configuration.provider === undefined ? "" : new URL(configuration.provider.issuer).pathname.replace(/\/$/, "");
}

/** As dex says it. */
function plainNotFound(): Response {
  const headers = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };
  return new Response("404 page not found\n", { status: 404, headers });
}

function notFound(): never {
  throw new PublicError({ status: 404, code: "not_found", publicMessage: "There is nothing at this address." });
}
