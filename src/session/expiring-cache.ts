/** A bounded memory of what was found out a moment ago. When full, the older half of it goes. */
export interface ExpiringCache<T> {
  get(key: string, now: number): T | undefined;
  /** @param until when it is forgotten, seconds since the epoch. */
  put(key: string, value: T, until: number, now: number): void;
  delete(key: string): void;
}

/** Enough for the people who are at it now. At a few kB each it bounds the memory near 30 MB. */
const DEFAULT_MAX_ENTRIES = 10_000;

/**
 * In two generations: the older one goes all at once, when the younger one is full or nothing in the older one is valid any more. To
 * look for single entries at every insertion cost more than to open a session.
 */
export function createExpiringCache<T>(maxEntries = DEFAULT_MAX_ENTRIES): ExpiringCache<T> {
  let young = createGeneration<T>();
  let old = createGeneration<T>();
  return {
    get(key, now) {
      const entry = young.entries.get(key) ?? old.entries.get(key);
      return entry !== undefined && now < entry.until ? entry.value : undefined;
    },
    put(key, value, until, now) {
      if (old.validUntil <= now || young.entries.size >= maxEntries / 2) {
        old = young;
        young = createGeneration();
      }
      young.entries.set(key, { value, until });
      young.validUntil = Math.max(young.validUntil, until);
    },
    delete(key) {
      young.entries.delete(key);
      old.entries.delete(key);
    },
  };
}

interface Generation<T> {
  readonly entries: Map<string, { readonly value: T; readonly until: number }>;
  /** When its last entry is forgotten. */
  validUntil: number;
}

function createGeneration<T>(): Generation<T> {
  return { entries: new Map(), validUntil: 0 };
}
