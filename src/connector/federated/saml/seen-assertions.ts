/** Assertions that signed somebody in, by ID, until they end by themselves. */
export interface SeenAssertions {
  /**
   * @param now and `end` seconds since the epoch.
   * @returns false when this one was seen before.
   */
  add(id: string, end: number, now: number): boolean;
}

/** So many are remembered; the oldest are forgotten first. A login's request cannot be answered twice anyway. */
const MAX_SEEN = 100_000;

export function createSeenAssertions(): SeenAssertions {
  const ends = new Map<string, number>();
  return {
    add: (id, end, now) => {
      for (const [known, knownEnd] of ends) {
        if (knownEnd >= now && ends.size < MAX_SEEN) break;
        ends.delete(known);
      }
      if (ends.has(id)) return false;
      ends.set(id, end);
      return true;
    },
  };
}
