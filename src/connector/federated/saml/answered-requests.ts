/** Requests that somebody signed in with, until the assertion that answered them ends by itself. */
export interface AnsweredRequests {
  /**
   * @param id the request's: every assertion names the one that it answers, so the same assertion cannot come for another one.
   * @param end and `now` seconds since the epoch.
   * @returns false when this one was answered before.
   */
  add(id: string, end: number, now: number): boolean;
}

/** So many are remembered; the oldest are forgotten first. A login does not wait for an answer that long. */
const MAX_REMEMBERED = 100_000;

export function createAnsweredRequests(): AnsweredRequests {
  const ends = new Map<string, number>();
  return {
    add: (id, end, now) => {
      for (const [known, knownEnd] of ends) {
        if (knownEnd >= now && ends.size < MAX_REMEMBERED) break;
        ends.delete(known);
      }
      if (ends.has(id)) return false;
      ends.set(id, end);
      return true;
    },
  };
}
