import { networkOf } from "../connector/throttle/throttle.ts";
import type { Clock } from "../protocol/clock.ts";
import { PublicError } from "../protocol/public-error.ts";

/** Bounds how often one address may do something. Each replica counts for itself. */
export interface AddressLimit {
  /** @throws {PublicError} 429 when it was done too often. */
  check(address: string): void;
  count(address: string): void;
}

export interface AddressLimitOptions {
  readonly times: number;
  readonly windowSeconds: number;
  readonly code: string;
  readonly publicMessage: string;
}

/** At most so many addresses are remembered, the oldest dropped: about 3 MB. */
const MAX_ADDRESSES = 20_000;

interface Window {
  readonly times: number;
  readonly endsAt: number;
}

export function createAddressLimit(clock: Clock, options: AddressLimitOptions): AddressLimit {
  const windows = new Map<string, Window>();
  const find = (network: string): Window | undefined => {
    const window = windows.get(network);
    return window !== undefined && clock() < window.endsAt ? window : undefined;
  };
  return {
    check(address) {
      const window = find(networkOf(address));
      if (window === undefined || window.times < options.times) return;
      const retryAfterSeconds = Math.ceil(window.endsAt - clock());
      throw new PublicError({ status: 429, retryAfterSeconds, ...options });
    },
    count(address) {
      const network = networkOf(address);
      const { times, endsAt } = find(network) ?? { times: 0, endsAt: clock() + options.windowSeconds };
      windows.delete(network); // a map keeps its order of insertion: what was touched last comes last
      windows.set(network, { times: times + 1, endsAt });
      const oldest = windows.size > MAX_ADDRESSES ? windows.keys().next().value : undefined;
      if (oldest !== undefined) windows.delete(oldest);
    },
  };
}
