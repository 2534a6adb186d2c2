import type { Clock } from "../protocol/clock.ts";

/** What a health check found, in the words of dex's health endpoint (its reference §12.1). */
export interface StorageHealth {
  /** When it was asked, seconds since the epoch. */
  readonly checkedAt: number;
  readonly seconds: number;
  readonly contiguousFailures: number;
  /** Undefined while it answers. */
  readonly failingSince?: number;
}

/** An answer is good for so long: probes of many neighbours become one question to the store. */
const FRESH_SECONDS = 5;

/**
 * Ask the store whether it is there. Never throws.
 *
 * @returns what was found at most five seconds ago.
 */
export function createHealth(deps: {
  readonly ping: () => Promise<void>;
  readonly clock: Clock;
}): () => Promise<StorageHealth> {
  let last: StorageHealth | undefined;
  let asking: Promise<StorageHealth> | undefined;
  const ask = async (): Promise<StorageHealth> => {
    const checkedAt = deps.clock();
    const answers = await deps.ping().then(
      () => true,
      () => false,
    );
    last = {
      checkedAt,
      seconds: deps.clock() - checkedAt,
      contiguousFailures: answers ? 0 : (last?.contiguousFailures ?? 0) + 1,
      ...(answers ? {} : { failingSince: last?.failingSince ?? checkedAt }),
    };
    asking = undefined;
    return last;
  };
  return async () => {
    if (last !== undefined && deps.clock() < last.checkedAt + FRESH_SECONDS) return last;
    asking ??= ask();
    return asking;
  };
}

/** As dex renders it: indented by tabs, durations in nanoseconds. */
export function renderHealth(health: StorageHealth): string {
  const { checkedAt, seconds, contiguousFailures, failingSince } = health;
  const storage = {
    ...(failingSince === undefined ? {} : { message: "the storage does not answer" }),
    timestamp: new Date(checkedAt * 1000).toISOString(),
    duration: Math.round(seconds * 1e9),
    contiguousFailures,
    timeOfFirstFailure: failingSince === undefined ? null : new Date(failingSince * 1000).toISOString(),
  };
  return `${JSON.stringify({ storage }, null, "\t")}\n`;
}
