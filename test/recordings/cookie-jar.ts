/** A `Set-Cookie` header in its parts. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** By lower-case name. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Who keeps or sends cookies. */
export interface CookieContext {
  /** Without a port. */
  readonly host: string;
  /** The request's path, without its query. */
  readonly path: string;
  readonly secure: boolean;
}

/** What a browser keeps. */
export interface CookieJar {
  /** Every value of more than 15 characters that was ever set. */
  readonly seen: ReadonlySet<string>;
  /** Keep what an answer's `Set-Cookie` headers say. */
  store(headers: readonly string[], context: CookieContext): void;
  /** The `Cookie` header for a request; empty = none. */
  header(context: CookieContext): string;
  /** The value of a cookie, wherever it belongs to. */
  find(name: string): string | undefined;
  clear(): void;
}

interface Kept {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
  /** Milliseconds since the epoch; undefined = until the browser ends. */
  readonly until: number | undefined;
}

/** A jar that keeps to the rules of domain, path, expiry, name prefixes and Secure. RFC 6265 §5, draft 6265bis §4.1.3 */
export function cookieJar(): CookieJar {
  const cookies = new Map<string, Kept>();
  const seen = new Set<string>();
  return {
    seen,
    store: (headers, context) => {
      for (const cookie of headers.map(parseSetCookie)) {
        if (cookie.value.length > 15) seen.add(cookie.value);
        const kept = accept(cookie, context);
        if (kept === undefined) continue;
        const key = JSON.stringify([kept.name, kept.domain, kept.hostOnly, kept.path]);
        cookies.delete(key);
        if (kept.until === undefined || kept.until > Date.now()) cookies.set(key, kept);
      }
    },
    header: (context) =>
      [...cookies.values()]
        .filter((cookie) => isFor(cookie, context))
        .sort((one, other) => other.path.length - one.path.length)
        .map(({ name, value }) => `${name}=${value}`)
        .join("; "),
    find: (name) => [...cookies.values()].find((cookie) => cookie.name === name)?.value,
    clear: () => cookies.clear(),
  };
}

/** RFC 6265 §5.2 */
export function parseSetCookie(header: string): SetCookie {
  const [first = "", ...rest] = header.split(";");
  const [name, value] = splitPair(first);
  const attributes = rest.map((part) => splitPair(part.trim())).map(([key, text]) => [key.toLowerCase(), text]);
  return { name: name.trim(), value: value.trim(), attributes: Object.fromEntries(attributes) };
}

/** Seconds to live: undefined for a browser session, 0 for a deletion. */
export function lifetimeOf({ attributes }: SetCookie): number | undefined {
  const { "max-age": maxAge, expires } = attributes;
  if (maxAge !== undefined) return Math.max(0, Number.parseInt(maxAge, 10));
  if (expires === undefined) return undefined;
  return Math.max(0, Math.round((Date.parse(expires.replace("UTC", "GMT")) - Date.now()) / 1000));
}

function splitPair(text: string): [string, string] {
  const at = text.indexOf("=");
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function accept(cookie: SetCookie, context: CookieContext): Kept | undefined {
  const { name, value, attributes } = cookie;
  const domain = (attributes["domain"] ?? "").replace(/^\.+/, "").toLowerCase();
  const secure = "secure" in attributes;
  const path = attributes["path"]?.startsWith("/") ? attributes["path"] : folderOf(context.path);
  if (domain !== "" && !isDomainOf(domain, context.host)) return undefined;
  if (secure && !context.secure) return undefined;
  if (name.startsWith("__Secure-") && !secure) return undefined;
  if (name.startsWith("__Host-") && (domain !== "" || path !== "/" || !secure)) return undefined;
  const life = lifetimeOf(cookie);
  const until = life === undefined ? undefined : Date.now() + life * 1000;
  return { name, value, domain: domain || context.host, hostOnly: domain === "", path, secure, until };
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/"))) || "/";
}

/** A host's own name or one above it; an address has none above. */
function isDomainOf(domain: string, host: string): boolean {
  return domain === host || (host.endsWith(`.${domain}`) && !/\d$/.test(host));
}

function isFor(cookie: Kept, { host, path, secure }: CookieContext): boolean {
  if (cookie.until !== undefined && cookie.until <= Date.now()) return false;
  if (cookie.secure && !secure) return false;
  if (host !== cookie.domain && (cookie.hostOnly || !host.endsWith(`.${cookie.domain}`))) return false;
  return path === cookie.path || path.startsWith(`${cookie.path.replace(/\/+$/, "")}/`);
}
