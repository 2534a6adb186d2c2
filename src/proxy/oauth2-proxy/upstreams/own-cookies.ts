/**
 * Which cookies are the drop-in's: the session cookie, its numbered parts, and those of logins in flight. Exactly these, because
 * an application may well have cookies whose names begin like the one that somebody chose for ours. An upstream gets none of
 * them, since it could use them elsewhere, and may set none of them.
 *
 * @param sessionCookieName as configured, `_oauth2_proxy` by default.
 */
export function createOriginalCookieNames(sessionCookieName: string): (name: string) => boolean {
  return (name) =>
    name.startsWith(sessionCookieName) && /^(?:_\d+|(?:_.+)?_csrf)?$/.test(name.slice(sessionCookieName.length));
}
