import type { Clock } from "../protocol/clock.ts";

/** States that were used up in this process. The browser could send a deleted cookie again. */
export interface FinishedStates {
  /** @returns true once for each state. */
  claim(state: string): boolean;
  has(state: string): boolean;
  /** It was not used up after all, and may be claimed again. */
  release(state: string): void;
}

/** So many are remembered, about 4 MB: whoever starts logins without end must not fill the memory. */
const MAX_FINISHED = 20_000;

/** @param lifetimeSeconds how long a login may be in flight. */
export function createFinishedStates(clock: Clock, lifetimeSeconds: number): FinishedStates {
  const until = new Map<string, number>();
  return {
    claim(state) {
      const now = clock();
      for (const [old, end] of until) {
        if (end > now && until.size < MAX_FINISHED) break;
        until.delete(old);
      }
      if (until.has(state)) return false;
      until.set(state, now + lifetimeSeconds);
      return true;
    },
    has: (state) => until.has(state),
    release: (state) => void until.delete(state),
  };
}
