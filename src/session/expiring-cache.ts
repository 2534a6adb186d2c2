/** A bounded memory of what was found out a moment ago. When full, the oldest half of it goes. */
export interface ExpiringCache<T> {
  get(key: string, now: number): T | undefined;
  /** @param until when it is forgotten, seconds since the epoch. */
  put(key: string, value: T, until: number): void;
  delete(key: string): void;
}

/** Enough for the people who are at it now. At a few kB each it bounds the memory near 30 MB. */
const DEFAULT_MAX_ENTRIES = 10_000;

/**
 * In two generations: when the younger one is full it becomes the older one, whose entries go all at once. To look for the oldest
 * single entry at every insertion cost more than to open a session.
 */
export function createExpiringCache<T>(maxEntries = DEFAULT_MAX_ENTRIES): ExpiringCache<T> {
  let young = new Map<string, Entry<T>>();
  let old = new Map<string, Entry<T>>();
  return {
    get(key, now) {
      const entry = young.get(key) ?? old.get(key);
      return entry !== undefined && now < entry.until ? entry.value : undefined;
    },
    put(key, value, until) {
      young.set(key, { value, until });
      if (young.size < maxEntries / 2) return;
      old = young;
      young = new Map();
    },
    delete(key) {
      young.delete(key);
      old.delete(key);
    },
  };
}

interface Entry<T> {
  readonly value: T;
  readonly until: number;
}
