/** A bounded memory of what was found out a moment ago. When full, the oldest entry goes. */
export interface ExpiringCache<T> {
  get(key: string, now: number): T | undefined;
  /** @param until when it is forgotten, seconds since the epoch. */
  put(key: string, value: T, until: number): void;
  delete(key: string): void;
}

/** Enough for the people who are at it now. At a few kB each it bounds the memory near 30 MB. */
const DEFAULT_MAX_ENTRIES = 10_000;

export function createExpiringCache<T>(maxEntries = DEFAULT_MAX_ENTRIES): ExpiringCache<T> {
  const entries = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    get(key, now) {
      const entry = entries.get(key);
      return entry !== undefined && now < entry.until ? entry.value : undefined;
    },
    put(key, value, until) {
      entries.delete(key); // so that it becomes the newest
      entries.set(key, { value, until });
      const oldest = entries.size > maxEntries ? entries.keys().next().value : undefined;
      if (oldest !== undefined) entries.delete(oldest);
    },
    delete: (key) => void entries.delete(key),
  };
}
