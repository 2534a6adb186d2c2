import type { SessionRecord } from "../store/ports.ts";
import type { LoadedSession, Session } from "./session.ts";

/** A verified session, ready to be answered with. */
export interface CachedSession {
  readonly loaded: LoadedSession & { readonly session: Session };
  readonly record: SessionRecord;
  /** Until when it may be served without asking the store; seconds since the epoch. */
  readonly freshUntil: number;
}

/**
 * Sessions verified in the last seconds, by cookie value. Bounded: when full, the oldest entry goes.
 * Ending a session here takes effect at once in this process.
 */
export interface SessionCache {
  get(cookieValue: string): CachedSession | undefined;
  put(cookieValue: string, entry: CachedSession): void;
  evict(sessionId: string): void;
}

/** At about 1.5 kB a session this bounds the cache near 15 MB. */
const DEFAULT_MAX_ENTRIES = 10_000;

export function createSessionCache(maxEntries = DEFAULT_MAX_ENTRIES): SessionCache {
  const byCookie = new Map<string, CachedSession>();
  const cookieById = new Map<string, string>();
  const drop = (cookieValue: string): void => {
    const entry = byCookie.get(cookieValue);
    if (entry === undefined) return;
    byCookie.delete(cookieValue);
    cookieById.delete(entry.record.id);
  };
  return {
    get: (cookieValue) => byCookie.get(cookieValue),
    put(cookieValue, entry) {
      drop(cookieValue);
      byCookie.set(cookieValue, entry);
      cookieById.set(entry.record.id, cookieValue);
      const oldest = byCookie.size > maxEntries ? byCookie.keys().next().value : undefined;
      if (oldest !== undefined) drop(oldest);
    },
    evict(sessionId) {
      const cookieValue = cookieById.get(sessionId);
      if (cookieValue !== undefined) drop(cookieValue);
    },
  };
}
