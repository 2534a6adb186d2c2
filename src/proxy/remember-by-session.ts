import type { Session } from "../session/session.ts";

/**
 * Make something of a session once, and keep it as long as the session object lives: one that the cache answers is the same
 * object each time, and this is the hot path.
 *
 * @param make is asked for nobody at once.
 */
export function rememberBySession<T>(make: (session: Session | undefined) => T): (session: Session | undefined) => T {
  const nobody = make(undefined);
  const known = new WeakMap<Session, { readonly made: T }>();
  return (session) => {
    if (session === undefined) return nobody;
    let entry = known.get(session);
    if (entry === undefined) {
      entry = { made: make(session) };
      known.set(session, entry);
    }
    return entry.made;
  };
}
