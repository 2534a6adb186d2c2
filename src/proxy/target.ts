import { pathAndQueryOf } from "../http/request-target.ts";

/** What a request wants from an application: the thing a decision is made about. */
export interface Target {
  /** Upper case. */
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Lower case, without port and trailing dot; IPv6 in brackets. */
  readonly host: string;
  /** Decimal; empty for the scheme's default. */
  readonly port: string;
  /** Exactly as it was sent, percent-encoding untouched; begins with `/`. */
  readonly path: string;
  /** Exactly as it was sent, with its `?`; empty when there is none. */
  readonly search: string;
}

/** A target in pieces, none of them believed yet. */
export interface TargetParts {
  readonly method: string | null;
  /** `http`, `https`, and `ws`, `wss`, which stand for them. */
  readonly scheme: string | null;
  /** Host with an optional port. */
  readonly host: string | null;
  /** Path and query, raw. */
  readonly uri: string | null;
}

/**
 * Read a target from pieces, as Traefik and Caddy send them.
 *
 * Never repaired, never resolved: whatever could be read in two ways gives undefined, and the caller denies. Refused are
 * anything but printable ASCII, backslash, `#` (some parsers cut there, some do not), user information, a host that is
 * not a plain name or address, lists (repeated headers are joined with a comma), and methods that are not upper case.
 */
export function parseTargetParts(parts: TargetParts): Target | undefined {
  const scheme = SCHEMES[parts.scheme ?? ""];
  const { method, uri } = parts;
  if (scheme === undefined || method === null || !METHOD.test(method)) return undefined;
  if (uri === null || !uri.startsWith("/") || UNSAFE.test(uri)) return undefined;
  const authority = parseAuthority(parts.host ?? "", scheme);
  if (authority === undefined) return undefined;
  const mark = uri.indexOf("?");
  const path = mark === -1 ? uri : uri.slice(0, mark);
  const search = mark === -1 ? "" : uri.slice(mark);
  return { method, scheme, host: authority.host, port: authority.port, path, search };
}

/** Read a target from an absolute URL, as nginx sends it in `X-Original-URL`. The rules of {@link parseTargetParts}. */
export function parseTargetUrl(method: string | null, url: string | null): Target | undefined {
  if (url === null) return undefined;
  const colon = url.indexOf("://");
  const pathStart = url.indexOf("/", colon + 3);
  if (colon === -1 || pathStart === -1) return undefined;
  const host = url.slice(colon + 3, pathStart);
  return parseTargetParts({ method, scheme: url.slice(0, colon), host, uri: url.slice(pathStart) });
}

/**
 * The target of a request that came to us as reverse proxy. The server has resolved dot segments and backslashes
 * already, so rules, headers and upstream see one value.
 */
export function targetOfRequest(request: Request, scheme: "http" | "https"): Target | undefined {
  return parseTargetParts({
    method: request.method,
    scheme,
    host: request.headers.get("host"),
    uri: pathAndQueryOf(request),
  });
}

/** The absolute URL of a target: what the browser asked for, byte for byte (host in lower case, default port left out). */
export function targetUrl(target: Target): string {
  return `${targetOrigin(target)}${target.path}${target.search}`;
}

/** Scheme, host and port of a target. */
export function targetOrigin(target: Target): string {
  return `${target.scheme}://${target.host}${target.port === "" ? "" : `:${target.port}`}`;
}

const SCHEMES: Readonly<Record<string, "http" | "https">> = Object.assign(Object.create(null), {
  http: "http",
  https: "https",
  ws: "http",
  wss: "https",
});
const METHOD = /^[A-Z][A-Z-]{0,31}$/;
const UNSAFE = /[^!-~]|[\\#]/;
const AUTHORITY = /^([a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]{2,45}\])\.?(?::(0|[1-9]\d{0,4}))?$/;
const DEFAULT_PORT = { http: "80", https: "443" };

function parseAuthority(
  text: string,
  scheme: "http" | "https",
): { readonly host: string; readonly port: string } | undefined {
  const [, host, port = ""] = AUTHORITY.exec(text) ?? AUTHORITY.exec(text.toLowerCase()) ?? [];
  if (host === undefined || host.includes("..") || Number(port) > 65535) return undefined;
  return { host, port: port === DEFAULT_PORT[scheme] ? "" : port };
}
