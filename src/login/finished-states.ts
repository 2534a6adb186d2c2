import type { Clock } from "../protocol/clock.ts";

/** States that came back to this process. The browser could send a deleted cookie again. */
export interface FinishedStates {
  /** @returns true once for each state, and once more after each release. */
  claim(state: string): boolean;
  /** Did it ever come back? */
  has(state: string): boolean;
  /** It was not used up after all, and may be claimed again. */
  release(state: string): void;
}

/** So many are remembered, about 4 MB: whoever starts logins without end must not fill the memory. */
const MAX_FINISHED = 20_000;

/** @param lifetimeSeconds how long a login may be in flight. */
export function createFinishedStates(clock: Clock, lifetimeSeconds: number): FinishedStates {
  const seen = new Map<string, { readonly until: number; readonly isUsedUp: boolean }>();
  return {
    claim(state) {
      const now = clock();
      for (const [old, { until }] of seen) {
        if (until > now && seen.size < MAX_FINISHED) break;
        seen.delete(old);
      }
      if (seen.get(state)?.isUsedUp === true) return false;
      seen.set(state, { until: now + lifetimeSeconds, isUsedUp: true });
      return true;
    },
    has: (state) => seen.has(state),
    release(state) {
      const entry = seen.get(state);
      if (entry !== undefined) seen.set(state, { ...entry, isUsedUp: false });
    },
  };
}
