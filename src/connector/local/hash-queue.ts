import { ConnectorError } from "../connector-error.ts";

/** Runs password checks, few at a time. */
export type HashQueue = (check: () => Promise<boolean>) => Promise<boolean>;

/**
 * Bound the work that strangers can cause by typing passwords: a hash occupies a core for a tenth of a second or more.
 *
 * @param limits.inFlight how many run at once. Default 4.
 * @param limits.waiting how many may wait for their turn. Default 64.
 * @throws {ConnectorError} (from the queue) `unreachable`, answered with 503, when no more can wait.
 */
export function createHashQueue(limits = { inFlight: 4, waiting: 64 }): HashQueue {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (check) => {
    if (running >= limits.inFlight) {
      if (waiting.length >= limits.waiting) {
        throw new ConnectorError("unreachable", "Too many people are signing in at the moment. Try again in a moment.");
      }
      await new Promise<void>((resolve) => waiting.push(resolve)); // woken with its place taken already
    } else running += 1;
    try {
      return await check();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
