import { randomBytes } from "node:crypto";

import type { RedisStore } from "../store/redis/redis-store.ts";
import type { Log } from "../telemetry/log.ts";

export interface TicketLockDeps {
  readonly store: RedisStore;
  readonly log: Log;
}

/** How long a lock outlives a process that died while it held one. */
const LEASE_MILLISECONDS = 10_000;
/** How often it is made to last longer while the work goes on. */
const RENEW_MILLISECONDS = 3000;
/** How long to wait for another process. The original waits as long. */
const PATIENCE_MILLISECONDS = 5000;
const RETRY_MILLISECONDS = 50;

/**
 * Do something while no other process, ours or the original's, does it for the same ticket: both take the key `ID.lock`, and give it back
 * only if it is still theirs. Unlike the original's, the lock lasts as long as the work does.
 *
 * @returns undefined when another process did not give it back in five seconds.
 * @throws {StoreError} `unreachable`.
 */
export async function underTicketLock<T>(
  deps: TicketLockDeps,
  ticketId: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const key = `${ticketId}.lock`;
  const holder = randomBytes(16).toString("base64url");
  if (!(await acquire(deps.store, key, holder))) return undefined;
  const lasting = setInterval(() => void extend(deps, key, holder), RENEW_MILLISECONDS);
  try {
    return await work();
  } finally {
    clearInterval(lasting);
    // A lock that cannot be given back ends by itself; what was done is done.
    await deps.store.unlock(key, holder).catch((error: unknown) => logFailure(deps, "lock not given back", error));
  }
}

async function acquire(store: RedisStore, key: string, holder: string): Promise<boolean> {
  for (let waited = 0; ; waited += RETRY_MILLISECONDS) {
    if (await store.lock(key, holder, LEASE_MILLISECONDS)) return true;
    if (waited >= PATIENCE_MILLISECONDS) return false;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
  }
}

async function extend(deps: TicketLockDeps, key: string, holder: string): Promise<void> {
  await deps.store
    .extendLock(key, holder, LEASE_MILLISECONDS)
    .catch((error: unknown) => logFailure(deps, "lock not extended", error));
}

function logFailure({ log }: TicketLockDeps, event: string, error: unknown): void {
  log.warn(event, { cause: error instanceof Error ? error.message : String(error) });
}
