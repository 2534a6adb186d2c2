/** A cookie to set. RFC 6265 §4.1. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  /** Absent: host-only. Without a leading dot. */
  readonly domain?: string;
  /** Absent: until the browser closes. 0 deletes. */
  readonly maxAgeSeconds?: number;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite?: "Lax" | "Strict" | "None";
}

/** More than this many cookies in one request are not looked at: a bound on the work a request can cause. */
const MAX_COOKIES = 200;

/**
 * Every value of the cookies called `name`, in the order sent. There may be several: a sibling host can plant one for
 * the parent domain, and only the caller knows which of them opens.
 */
export function readCookies(request: Request, name: string): readonly string[] {
  return cookieValues(request.headers.get("cookie"), name);
}

/** {@link readCookies} on a header value. */
export function cookieValues(header: string | null, name: string): readonly string[] {
  if (header === null || !header.includes(name)) return [];
  const values: string[] = [];
  for (const [found, value] of cookiePairs(header)) if (found === name) values.push(value);
  return values;
}

/** Names and values of a `Cookie` header, in the order sent, at most 200. */
export function cookiePairs(header: string): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  let start = 0;
  let equals = header.indexOf("=");
  while (equals !== -1 && pairs.length < MAX_COOKIES) {
    let end = header.indexOf(";", start);
    if (end === -1) end = header.length;
    if (equals < end) {
      pairs.push([header.slice(start, equals).trim(), unquote(header.slice(equals + 1, end).trim())]);
    }
    start = end + 1;
    // Not looked for again before it has been reached: a header of semicolons alone would take the square of its length.
    if (equals < start) equals = header.indexOf("=", start);
  }
  return pairs;
}

/** A `Set-Cookie` header value. */
export function serializeCookie(cookie: Cookie): string {
  let text = `${cookie.name}=${cookie.value}; Path=${cookie.path}`;
  if (cookie.domain !== undefined) text += `; Domain=${cookie.domain}`;
  if (cookie.maxAgeSeconds !== undefined) text += `; Max-Age=${Math.trunc(cookie.maxAgeSeconds)}`;
  if (cookie.httpOnly) text += "; HttpOnly";
  if (cookie.secure) text += "; Secure";
  if (cookie.sameSite !== undefined) text += `; SameSite=${cookie.sameSite}`;
  return text;
}

/** A `Set-Cookie` value that deletes a cookie; name, path and domain must be those it was set with. */
export function deleteCookie(cookie: Cookie): string {
  return serializeCookie({ ...cookie, value: "", maxAgeSeconds: 0 });
}

function unquote(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
