import type { Log } from "../../telemetry/log.ts";
import { StoreError } from "../store-error.ts";
import type { RedisServers } from "./redis-address.ts";
import { type RedisConnection, createRedisConnection } from "./redis-connection.ts";

/** Values under keys that end by themselves, and locks. Every method throws `StoreError` `unreachable` when Redis gives no answer. */
export interface RedisStore {
  /** @returns undefined when there is none, or when what is there is no plain value. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** @param ttlSeconds 0 = it stays for good. */
  create(key: string, value: Uint8Array, ttlSeconds: number): Promise<void>;
  /** @returns false when there was nothing under this key any more. */
  replace(key: string, value: Uint8Array, ttlSeconds: number): Promise<boolean>;
  remove(key: string): Promise<void>;
  /** @returns false while somebody else holds the lock. */
  lock(key: string, holder: string, leaseMilliseconds: number): Promise<boolean>;
  /** Let a lock last longer, if it is still the holder's. */
  extendLock(key: string, holder: string, leaseMilliseconds: number): Promise<void>;
  /** Give a lock back, if it is still the holder's. */
  unlock(key: string, holder: string): Promise<void>;
  ping(): Promise<void>;
  close(): void;
}

const EXTEND = "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('PEXPIRE',KEYS[1],ARGV[2]) end return 0";
const UNLOCK = "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1]) end return 0";

/**
 * A single Redis, a master watched by sentinels, or a cluster. It connects when first used, and again whenever it has to.
 *
 * @throws {RedisAddressError} when an address or a certificate file is not usable.
 */
export function createRedisStore(deps: { readonly log: Log }, servers: RedisServers): RedisStore {
  const connection = createRedisConnection(deps, servers);
  const send = (key: string, ...args: readonly (string | Uint8Array)[]): Promise<unknown> => connection.send(key, args);
  return {
    get: (key) => get(connection, key),
    create: async (key, value, ttlSeconds) => void (await send(key, "SET", key, value, ...expiry(ttlSeconds))),
    replace: async (key, value, ttlSeconds) =>
      (await send(key, "SET", key, value, "XX", ...expiry(ttlSeconds))) !== null,
    remove: async (key) => void (await send(key, "DEL", key)),
    lock: (key, holder, lease) => lock(connection, { key, holder, lease }),
    extendLock: async (key, holder, lease) => void (await send(key, "EVAL", EXTEND, "1", key, holder, String(lease))),
    unlock: async (key, holder) => void (await send(key, "EVAL", UNLOCK, "1", key, holder)),
    ping: async () => void (await connection.send(undefined, ["PING"])),
    close: () => connection.close(),
  };
}

async function get(connection: RedisConnection, key: string): Promise<Uint8Array | undefined> {
  try {
    const reply = await connection.send(key, ["GET", key]);
    return reply instanceof Uint8Array ? reply : undefined;
  } catch (error) {
    const cause = error instanceof StoreError ? error.cause : undefined;
    if (cause instanceof Error && cause.message.startsWith("WRONGTYPE")) return undefined;
    throw error;
  }
}

/** A lock that seems taken may be our own, when its first answer was lost on the way. */
async function lock(
  connection: RedisConnection,
  { key, holder, lease }: { readonly key: string; readonly holder: string; readonly lease: number },
): Promise<boolean> {
  const reply = await connection.send(key, ["SET", key, holder, "NX", "PX", String(lease)]);
  if (reply !== null) return true;
  const held = await get(connection, key);
  return held !== undefined && Buffer.from(held).toString() === holder;
}

function expiry(ttlSeconds: number): readonly string[] {
  return ttlSeconds > 0 ? ["PX", String(Math.ceil(ttlSeconds * 1000))] : [];
}
