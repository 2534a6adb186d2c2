import { type Cookie, cookiePairs, deleteCookie, serializeCookie } from "../http/cookies.ts";
import { sessionCookieNames, splitCookie } from "./oauth2-proxy-cookie/cookie-chunks.ts";
import { type OwnCookieDeps, cookieFor } from "./session-cookie.ts";

/**
 * `Set-Cookie` values for a session cookie of the original's, in parts when it is large. Parts of a larger session before it, and a
 * whole cookie before the parts, are deleted, lest they be taken for it.
 *
 * @param expireSeconds 0 = until the browser closes.
 */
export function setSessionCookies(
  deps: OwnCookieDeps,
  request: Request,
  { value, expireSeconds }: { readonly value: string; readonly expireSeconds: number },
): readonly string[] {
  const cookie = cookieFor(deps.cookie, deps.cookie.name, request, value);
  const parts = splitCookie(expireSeconds > 0 ? { ...cookie, maxAgeSeconds: expireSeconds } : cookie);
  const names = new Set(parts.map(({ name }) => name));
  const stale = carriedNames(deps, request).filter((name) => !names.has(name));
  return [...parts.map(serializeCookie), ...stale.map((name) => deleteCookie(emptyCookie(deps, request, name)))];
}

/** `Set-Cookie` values that delete every session cookie and part that the request carries. */
export function clearSessionCookies(deps: OwnCookieDeps, request: Request): readonly string[] {
  return carriedNames(deps, request).flatMap((name) => deletions(deps, request, name));
}

/** `Set-Cookie` values that delete the session cookie, whether or not the request carries it, and its parts. */
export function clearWholeSessionCookie(deps: OwnCookieDeps, request: Request): readonly string[] {
  const names = new Set([deps.cookie.name, ...carriedNames(deps, request)]);
  return [...names].flatMap((name) => deletions(deps, request, name));
}

/**
 * Of a name that comes twice, one cookie may be from before a domain was configured, without any: left over, it would sign the person
 * in again.
 */
function deletions(deps: OwnCookieDeps, request: Request, name: string): readonly string[] {
  const { domain, ...hostOnly } = emptyCookie(deps, request, name);
  if (domain === undefined) return [deleteCookie(hostOnly)];
  const sent = cookiePairs(request.headers.get("cookie") ?? "").filter(([found]) => found === name);
  return [deleteCookie({ ...hostOnly, domain }), ...(sent.length > 1 ? [deleteCookie(hostOnly)] : [])];
}

function carriedNames({ cookie }: OwnCookieDeps, request: Request): readonly string[] {
  return sessionCookieNames(request.headers.get("cookie"), cookie.name);
}

function emptyCookie(deps: OwnCookieDeps, request: Request, name: string): Cookie {
  return cookieFor(deps.cookie, name, request, "");
}
