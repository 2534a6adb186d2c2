import { ConnectorError } from "../connector-error.ts";
import { networkOf } from "../throttle/throttle.ts";

/**
 * Runs password checks, few at a time.
 *
 * @param address whom it is for; empty when unknown.
 */
export type HashQueue = (check: () => Promise<boolean>, address: string) => Promise<boolean>;

/**
 * Bound the work that strangers can cause by typing passwords: a hash occupies a core for a tenth of a second or more. One of them
 * cannot take all the places either.
 *
 * @param limits.inFlight how many run at once. Default 4.
 * @param limits.waiting how many may wait for their turn. Default 64.
 * @param limits.waitingOfOne how many of them from one address. Default 16.
 * @throws {ConnectorError} (from the queue) `unreachable`, answered with 503, when no more can wait.
 */
export function createHashQueue(limits = { inFlight: 4, waiting: 64, waitingOfOne: 16 }): HashQueue {
  const waiting: { readonly network: string; readonly wake: () => void }[] = [];
  let running = 0;
  const isFull = (network: string): boolean =>
    waiting.length >= limits.waiting ||
    waiting.filter((other) => other.network === network).length >= limits.waitingOfOne;
  return async (check, address) => {
    if (running >= limits.inFlight) {
      const network = networkOf(address);
      if (isFull(network)) {
        throw new ConnectorError("unreachable", "Too many people are signing in at the moment. Try again in a moment.");
      }
      await new Promise<void>((wake) => waiting.push({ network, wake })); // woken with its place taken already
    } else running += 1;
    try {
      return await check();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next.wake();
    }
  };
}
