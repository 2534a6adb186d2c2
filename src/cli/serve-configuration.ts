import { type Application, createApplication, expireRegularly, openStore, type OriginalTelemetry } from "../app.ts";
import type { Configuration, Listener } from "../config/configuration.ts";
import { type LoadResult, renderProblem } from "../config/problem.ts";
import { KeyFileError } from "../crypto/key-file.ts";
import type { Handler } from "../http/handler.ts";
import { AddressInUseError } from "../runtime/address-in-use-error.ts";
import { releaseMemoryWhenIdle } from "../runtime/release-memory.ts";
import { CertificateError } from "../runtime/relay/certificate-error.ts";
import { serveListener } from "../runtime/serve-listener.ts";
import type { RunningServer } from "../runtime/serve.ts";
import { onSignals, reportCrashes } from "../runtime/signals.ts";
import { type SessionEndings, createSessionEndings } from "../session/session-endings.ts";
import type { Store } from "../store/ports.ts";
import { createMetrics } from "../telemetry/create-metrics.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { CommandIo } from "./command-io.ts";
import { createTelemetry } from "./create-telemetry.ts";
import { VERSION } from "./version.ts";

export interface ServeOptions {
  /** Read the configuration; again at each SIGHUP. */
  readonly load: () => LoadResult<Configuration>;
  /** What changes the listen address, for the message when it is taken: `listen` or `--http-address`. */
  readonly listenOption: string;
  /** The same for the telemetry's address. */
  readonly telemetryListenOption: string;
  /** What changes them for listeners with TLS, where that is another option: `--https-address`. */
  readonly tlsListenOption?: string;
  readonly tlsTelemetryListenOption?: string;
  /** Tells what is about to be served, just before it listens. Default: nothing. */
  readonly announce?: (log: Log, configuration: Configuration) => void;
  /** Called once everything listens. */
  readonly onListening?: (server: { readonly port: number }) => void;
  /** Log lines less than this are not written, whatever the configuration says. */
  readonly quiet?: boolean;
}

/** A process that serves: what changes at a reload, and what does not. */
interface Running {
  readonly options: ServeOptions;
  readonly io: CommandIo;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly endings: SessionEndings;
  readonly original?: OriginalTelemetry;
  configuration: Configuration;
  application: Application;
}

/** Requests in flight get this long to finish after SIGTERM. */
const GRACE_SECONDS = 30;

/**
 * Load, listen, and go on until a signal.
 *
 * @returns 2 when the configuration is wrong (nothing was started, nothing was written), 1 when it could not be
 *   started, undefined while it serves.
 */
export async function serveConfiguration(options: ServeOptions, io: CommandIo): Promise<number | undefined> {
  const configuration = loadOrReport(options, io);
  if (configuration === undefined) return 2;
  try {
    await start(options, io, configuration);
    return undefined;
  } catch (error) {
    const isExpected =
      error instanceof ListenError ||
      error instanceof CertificateError ||
      error instanceof KeyFileError ||
      error instanceof StartError;
    if (!isExpected) throw error;
    io.stderr(`gatehouse: ${error.message}\n`);
    return 1;
  }
}

/** An address that cannot be had, and what changes it. */
class ListenError extends Error {
  constructor(cause: AddressInUseError, option: string) {
    super(`${cause.message} Change it with \`${option}\`.`, { cause });
    this.name = "ListenError";
  }
}

/** What the configuration names and cannot be used, such as a page template or a log file. Says what and why. */
class StartError extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
    this.name = "StartError";
  }
}

/** A mistake of our own keeps its stack. */
function notStarted(error: unknown): never {
  const isOurs = !(error instanceof Error) || error instanceof TypeError || error instanceof ReferenceError;
  throw isOurs || error instanceof KeyFileError ? error : new StartError(error);
}

function loadOrReport(options: ServeOptions, io: CommandIo): Configuration | undefined {
  const { configuration, problems } = options.load();
  for (const problem of problems) io.stderr(`${renderProblem(problem)}\n`);
  return problems.some((problem) => problem.severity === "error") ? undefined : configuration;
}

async function start(options: ServeOptions, io: CommandIo, configuration: Configuration): Promise<void> {
  const { log, original } = await createTelemetry(configuration, options.quiet === true).catch(notStarted);
  reportCrashes(log);
  const metrics = createMetrics({ version: VERSION });
  const store = await openStore(configuration, { log, metrics });
  const endings = createSessionEndings();
  const application = await createApplication(configuration, {
    store,
    log,
    metrics,
    endings,
    ...withOriginal(original),
  }).catch(notStarted);
  const running: Running = {
    options,
    io,
    log,
    metrics,
    store,
    endings,
    configuration,
    application,
    ...withOriginal(original),
  };
  options.announce?.(log, configuration);
  const servers = await listenAll(running).catch(async (error: unknown) => {
    // Whatever is under way would keep a process alive that could not be started.
    application.close();
    await store.close();
    throw error;
  });
  application.start();
  const stopExpiry = expireRegularly(store, log);
  releaseMemoryWhenIdle();
  onSignals({ log, reload: () => reload(running), terminate: () => terminate(running, servers, stopExpiry) });
  log.info("listening", { version: VERSION, addresses: servers.map(({ url }) => url).join(" ") });
  options.onListening?.({ port: servers[0]?.port ?? 0 });
}

function withOriginal(original: OriginalTelemetry | undefined): { readonly original?: OriginalTelemetry } {
  return original === undefined ? {} : { original };
}

async function listenAll(running: Running): Promise<readonly RunningServer[]> {
  const wanted = wantedListeners(running);
  const servers = new Map<Listening, RunningServer>();
  // Whoever waits for the process asks a plain one: those with TLS take a moment longer, and listen before.
  const order = wanted.toSorted((one, other) => Number(isSecure(other)) - Number(isSecure(one)));
  try {
    for (const listening of order) servers.set(listening, await listen(running, listening));
    return wanted.flatMap((listening) => servers.get(listening) ?? []);
  } catch (error) {
    await Promise.all([...servers.values()].map((server) => server.stop(0)));
    throw error;
  }
}

function wantedListeners(running: Running): readonly Listening[] {
  const { configuration, options } = running;
  const main: Handler = (request, peer) => running.application.handler(request, peer);
  const telemetry: Handler = (request, peer) => running.application.telemetryHandler(request, peer);
  const { listenOption, telemetryListenOption } = options;
  const { tlsListenOption = listenOption, tlsTelemetryListenOption = telemetryListenOption } = options;
  return [
    ...configuration.listeners.map((listener) => ({
      listener,
      handler: main,
      option: listener.tls === undefined ? listenOption : tlsListenOption,
    })),
    ...configuration.telemetryListeners.map((listener) => ({
      listener,
      handler: telemetry,
      option: listener.tls === undefined ? telemetryListenOption : tlsTelemetryListenOption,
    })),
  ];
}

function isSecure({ listener }: Listening): boolean {
  return listener.tls !== undefined;
}

interface Listening {
  readonly listener: Listener;
  /** What changes its address. */
  readonly option: string;
  readonly handler: Handler;
}

async function listen({ log }: Running, { listener, option, handler }: Listening): Promise<RunningServer> {
  try {
    return await serveListener(listener, { handler, log });
  } catch (error) {
    throw error instanceof AddressInUseError ? new ListenError(error, option) : error;
  }
}

/** Build everything anew from the files and swap it in; the last good one stays when the new one is wrong. */
async function reload(running: Running): Promise<void> {
  const { log } = running;
  const configuration = loadOrReport(running.options, running.io);
  if (configuration === undefined) {
    log.error("configuration not reloaded: it is wrong, the last good one stays");
    return;
  }
  if (needsRestart(running.configuration, configuration)) {
    log.warn("listen addresses, storage and data folder change only with a restart; the rest is applied");
  }
  try {
    const { store, metrics, endings, original } = running;
    const next = await createApplication(configuration, { store, log, metrics, endings, ...withOriginal(original) });
    const before = running.application;
    running.application = next;
    running.configuration = configuration;
    next.start();
    setTimeout(() => before.close(), GRACE_SECONDS * 1000).unref();
    log.info("configuration reloaded");
  } catch (error) {
    log.error("configuration not reloaded, the last good one stays", { cause: String(error) });
  }
}

function needsRestart(before: Configuration, after: Configuration): boolean {
  const fixed = ({ listeners, telemetryListeners, storage, dataDir }: Configuration): string =>
    JSON.stringify([listeners, telemetryListeners, storage, dataDir]);
  return fixed(before) !== fixed(after);
}

/** Stop accepting, finish what is in flight, close the store. */
async function terminate(running: Running, servers: readonly RunningServer[], stopExpiry: () => void): Promise<void> {
  stopExpiry();
  await Promise.all(servers.map((server) => server.stop(GRACE_SECONDS)));
  running.application.close();
  await running.store.close();
}
