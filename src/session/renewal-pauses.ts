/** Spares an upstream in trouble: after some failures in a row it is not asked again for a session for a while. */
export interface RenewalPauses {
  isPaused(key: string, now: number): boolean;
  failed(key: string, now: number): void;
  succeeded(key: string): void;
}

/** So many renewals may fail before the first pause: a single failure is often over at the next request. */
const PATIENCE = 3;
const FIRST_PAUSE_SECONDS = 1;
const LONGEST_PAUSE_SECONDS = 15;
/** Which sessions are in trouble is remembered for so many. */
const MAX_REMEMBERED = 10_000;

export function createRenewalPauses(): RenewalPauses {
  const troubled = new Map<string, { readonly failures: number; readonly until: number }>();
  return {
    isPaused: (key, now) => now < (troubled.get(key)?.until ?? 0),
    failed(key, now) {
      const failures = (troubled.get(key)?.failures ?? 0) + 1;
      troubled.delete(key);
      const pause = failures < PATIENCE ? 0 : FIRST_PAUSE_SECONDS * 2 ** Math.min(failures - PATIENCE, 8);
      troubled.set(key, { failures, until: now + Math.min(pause, LONGEST_PAUSE_SECONDS) });
      const oldest = troubled.size > MAX_REMEMBERED ? troubled.keys().next().value : undefined;
      if (oldest !== undefined) troubled.delete(oldest);
    },
    succeeded: (key) => void troubled.delete(key),
  };
}
