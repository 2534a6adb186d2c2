import { type Cookie, cookieValues, deleteCookie, serializeCookie } from "../http/cookies.ts";
import { plainBrowserHostOf } from "../http/browser-host.ts";
import type { CookieConfiguration } from "../config/configuration.ts";

/** The session cookie: its final name and how it is set, found and cleared. */
export interface SessionCookie {
  /** With its `__Host-` or `__Secure-` prefix, where the configuration allows one. */
  readonly name: string;
  /** Values that the request carries under this name, in the order sent. */
  read(request: Request): readonly string[];
  set(request: Request, value: string, maxAgeSeconds: number | undefined): string;
  clear(request: Request): string;
}

/** `__Host-` needs a host-only cookie on `/`, `__Secure-` a secure one (RFC 6265bis §4.1.3). */
export function createSessionCookie(configuration: CookieConfiguration): SessionCookie {
  const name = prefixedName(configuration, configuration.name);
  const marker = `${name}=`;
  const cookie = (request: Request, value: string): Cookie => cookieFor(configuration, name, request, value);
  return {
    name,
    read: (request) => readValues(request, name, marker),
    set: (request, value, maxAgeSeconds) =>
      serializeCookie({ ...cookie(request, value), ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }) }),
    clear: (request) => deleteCookie(cookie(request, "")),
  };
}

const NONE: readonly string[] = [];

/**
 * One scan of the header in the usual case, a cookie that occurs once; the full parser only when the name occurs again, or does
 * not stand where a cookie begins: a sibling host may set `a="b __Host-…=…"`, whose name has no prefix to protect it.
 */
function readValues(request: Request, name: string, marker: string): readonly string[] {
  const header = request.headers.get("cookie");
  if (header === null) return NONE;
  const at = header.indexOf(marker);
  if (at === -1) return NONE;
  if (header.includes(marker, at + marker.length) || !(at === 0 || header.startsWith("; ", at - 2))) {
    return cookieValues(header, name);
  }
  const start = at + marker.length;
  const end = header.indexOf(";", start);
  return [end === -1 ? header.slice(start) : header.slice(start, end)];
}

/** A cookie's name with the strongest prefix that the configuration allows. */
export function prefixedName(configuration: CookieConfiguration, name: string): string {
  if (!configuration.prefix || !configuration.secure) return name;
  const hostOnly = configuration.domains.length === 0 && configuration.path === "/";
  return `${hostOnly ? "__Host-" : "__Secure-"}${name}`;
}

/** How cookies of ours are set. */
export interface OwnCookieDeps {
  readonly cookie: CookieConfiguration;
}

/** A cookie of ours as the configuration wants it, for the host that the browser asked for. */
export function cookieFor(configuration: CookieConfiguration, name: string, request: Request, value: string): Cookie {
  const { path, secure, httpOnly, sameSite, domains } = configuration;
  const domain = domains.length === 0 ? undefined : domainFor(domains, plainBrowserHostOf(request));
  return {
    name,
    value,
    path,
    secure,
    httpOnly,
    ...(domain === undefined ? {} : { domain }),
    ...(sameSite === undefined ? {} : { sameSite }),
  };
}

/** The longest configured domain that the host belongs to; when none does, the shortest, as the browser will then refuse it loudly. */
function domainFor(domains: readonly string[], host: string): string | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, "");
  const byLength = domains.toSorted((a, b) => b.length - a.length);
  return byLength.find((domain) => name === domain || name.endsWith(`.${domain}`)) ?? byLength.at(-1);
}
