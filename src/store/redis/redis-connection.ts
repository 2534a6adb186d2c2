import type { Log } from "../../telemetry/log.ts";
import { StoreError } from "../store-error.ts";
import type { RedisServers } from "./redis-address.ts";
import { type RedisDriver, createRedisDriver } from "./redis-driver.ts";

export interface RedisConnectionDeps {
  readonly log: Log;
}

/** Commands to Redis that wait out a short trouble and fail soon in a long one. Connects when first used. */
export interface RedisConnection {
  /** @throws {StoreError} `unreachable` when there is no answer within a second. */
  send(key: string | undefined, args: readonly (string | Uint8Array)[]): Promise<unknown>;
  close(): void;
}

/** A command that has no answer by then has failed. */
const DEADLINE_MILLISECONDS = 1000;
/** How often a command is tried while there is no connection. */
const RETRY_MILLISECONDS = 50;
/** More than so many commands do not wait: a Redis that is down must not pile up requests. */
const MAX_WAITING = 1000;
/** A connection that has given no answer for so long, while it was asked, is given up for a new one. */
const SILENCE_MILLISECONDS = 3000;
/** The log is not told of trouble more often. */
const TELL_MILLISECONDS = 10_000;

interface Connection extends RedisConnectionDeps {
  readonly servers: RedisServers;
  driver?: Open;
  waiting: number;
  isClosed: boolean;
  /** Since when there has been trouble, milliseconds; absent = there is none. */
  troubledSince?: number;
  /** When the log was told of trouble, milliseconds; a cluster may be in and out of it at every request. */
  toldAt: number;
  /** Is the log to be told that the trouble is over? */
  isTold: boolean;
  lastUsed: number;
  lastAnswer: number;
  idleTimer?: ReturnType<typeof setInterval>;
}

interface Open {
  readonly driver: RedisDriver;
  readonly ready: Promise<unknown>;
  isReady: boolean;
}

/** @throws {RedisAddressError} when an address or a certificate file is not usable. */
export function createRedisConnection(deps: RedisConnectionDeps, servers: RedisServers): RedisConnection {
  const connection: Connection = {
    ...deps,
    servers,
    waiting: 0,
    toldAt: -Infinity,
    isTold: false,
    isClosed: false,
    lastUsed: 0,
    lastAnswer: performance.now(),
  };
  destroy(createRedisDriver(servers, () => undefined)); // says now, not at the first session, what is wrong with an address
  watchIdleness(connection);
  return {
    send: (key, args) => send(connection, key, args),
    close: () => close(connection),
  };
}

async function send(
  connection: Connection,
  key: string | undefined,
  args: readonly (string | Uint8Array)[],
): Promise<unknown> {
  if (connection.waiting >= MAX_WAITING) throw unreachable("too many commands wait for Redis");
  connection.waiting += 1;
  connection.lastUsed = performance.now();
  const deadline = timeout(DEADLINE_MILLISECONDS);
  try {
    const reply = await Promise.race([sendUntilAnswered(connection, key, args, deadline), deadline.passed]);
    answered(connection);
    return reply;
  } catch (error) {
    failed(connection, error);
    throw error instanceof StoreError ? error : unreachable(error);
  } finally {
    deadline.cancel();
    connection.waiting -= 1;
  }
}

/** Every command here may be sent twice: it sets what it sets, or checks whose it is. */
async function sendUntilAnswered(
  connection: Connection,
  key: string | undefined,
  args: readonly (string | Uint8Array)[],
  deadline: Deadline,
): Promise<unknown> {
  for (;;) {
    try {
      const opened = open(connection);
      if (!opened.isReady && isLongTrouble(connection)) throw new Error("still not connected to Redis");
      await opened.ready;
      return await opened.driver.send(key, args);
    } catch (error) {
      deadline.reason = error;
      if (connection.isClosed || isReply(error) || deadline.isPassed || isLongTrouble(connection)) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
    }
  }
}

/** Then it is not worth the wait: each command is tried once, and the driver connects in the background. */
function isLongTrouble({ troubledSince }: Connection): boolean {
  return troubledSince !== undefined && performance.now() - troubledSince > DEADLINE_MILLISECONDS;
}

function open(connection: Connection): Open {
  if (connection.isClosed) throw new Error("the connection to Redis was closed");
  if (connection.driver !== undefined) return connection.driver;
  const driver = createRedisDriver(connection.servers, (error) => noteTrouble(connection, error));
  const opened: Open = { driver, ready: driver.connect(), isReady: false };
  const giveUp = (error: unknown): void => {
    noteTrouble(connection, error);
    // Some topologies try once only. The next one waits a little, as commands do.
    if (connection.driver === opened) setTimeout(() => drop(connection, opened), RETRY_MILLISECONDS).unref();
  };
  opened.ready.then(() => (opened.isReady = true), giveUp);
  connection.driver = opened;
  return opened;
}

function drop(connection: Connection, opened: Open): void {
  if (connection.driver === opened) delete connection.driver;
  destroy(opened.driver);
}

/** A driver that never was connected may not like to be destroyed. */
function destroy(driver: RedisDriver): void {
  try {
    driver.destroy();
  } catch {
    // It holds nothing then.
  }
}

function answered(connection: Connection): void {
  connection.lastAnswer = performance.now();
  delete connection.troubledSince;
  if (!connection.isTold) return;
  connection.isTold = false;
  connection.log.info("Redis answers again");
}

function failed(connection: Connection, error: unknown): void {
  if (isReply(error)) return noteTrouble(connection, error);
  noteTrouble(connection, error instanceof StoreError ? error.cause : error);
  const { driver, lastAnswer } = connection;
  if (driver !== undefined && performance.now() - lastAnswer > SILENCE_MILLISECONDS) {
    connection.lastAnswer = performance.now();
    drop(connection, driver);
  }
}

/** Told once in a while, not for every request. */
function noteTrouble(connection: Connection, error: unknown): void {
  if (connection.isClosed) return;
  const now = performance.now();
  connection.troubledSince ??= now;
  if (connection.isTold || now - connection.toldAt < TELL_MILLISECONDS) return;
  connection.toldAt = now;
  connection.isTold = true;
  connection.log.warn("Redis cannot be reached", { cause: error instanceof Error ? error.message : String(error) });
}

/** The server's own words: sending the command again does not change them, unless it is on its way up or down. */
function isReply(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /^(?:WRONGTYPE|WRONGPASS|NOAUTH|NOPERM|ERR|OOM)\b/.test(error.message);
}

function watchIdleness(connection: Connection): void {
  const idleMilliseconds = connection.servers.idleTimeoutSeconds * 1000;
  if (idleMilliseconds <= 0) return;
  connection.idleTimer = setInterval(
    () => {
      const { driver, waiting, lastUsed } = connection;
      const isIdle = waiting === 0 && performance.now() - lastUsed >= idleMilliseconds;
      if (driver !== undefined && isIdle) drop(connection, driver);
    },
    Math.max(idleMilliseconds / 4, 100),
  );
  connection.idleTimer.unref();
}

function close(connection: Connection): void {
  connection.isClosed = true;
  if (connection.idleTimer !== undefined) clearInterval(connection.idleTimer);
  if (connection.driver !== undefined) drop(connection, connection.driver);
}

interface Deadline {
  readonly passed: Promise<never>;
  isPassed: boolean;
  /** Why there was no answer so far. */
  reason: unknown;
  cancel(): void;
}

function timeout(milliseconds: number): Deadline {
  const { promise, reject } = Promise.withResolvers<never>();
  const deadline: Deadline = {
    passed: promise,
    isPassed: false,
    reason: "no answer from Redis",
    cancel: () => undefined,
  };
  const timer = setTimeout(() => {
    deadline.isPassed = true;
    reject(unreachable(deadline.reason));
  }, milliseconds);
  deadline.cancel = () => clearTimeout(timer);
  return deadline;
}

function unreachable(cause: unknown): StoreError {
  return new StoreError("unreachable", cause);
}
