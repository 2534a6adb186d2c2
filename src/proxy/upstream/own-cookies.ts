/** What we call cookies besides the configured session cookie. */
const OWN_PREFIX = "gatehouse_";

/**
 * Which cookies are ours: the session cookie with its chunks and companions, and the logins in flight, with or without
 * `__Host-` and `__Secure-`. An upstream gets none of them, because it could use them elsewhere, and may set none of them.
 *
 * @param sessionCookieName as configured, without a prefix.
 */
export function createOwnCookieNames(sessionCookieName: string): (name: string) => boolean {
  return (name) => {
    const bare = name.replace(/^__(?:Host|Secure)-/i, "");
    return bare.startsWith(sessionCookieName) || bare.startsWith(OWN_PREFIX);
  };
}
