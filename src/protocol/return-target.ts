declare const brand: unique symbol;

/**
 * Where the browser goes after login or sign-out: `/path…` on the host that handles the request, or an absolute
 * http(s) URL on an allowed host. Made only by {@link parseReturnTarget}, so an open redirect cannot be built by accident.
 */
export type ReturnTarget = string & { readonly [brand]: true };

/** Which absolute return targets are allowed. A path on the own host always is. */
export interface ReturnTargetRules {
  /**
   * `host` exactly, `.suffix` or `*.suffix` (sub-domains and the suffix itself), each with an optional `:port` or `:*`.
   * Without a port only the scheme's default port matches. A bare `*` matches nothing. Case does not matter.
   */
  readonly hosts: readonly string[];
}

/** The longest return target, in characters; what is longer is refused. */
export const RETURN_TARGET_LIMIT = 8192;

/**
 * Read a return target that a browser or gateway sent (`rd`). Whatever is not plainly harmless gives undefined, and the
 * caller sends the browser to `/` instead.
 *
 * The grammar is parsed by hand, because a URL parser repairs what it is given: `new URL("/\\evil.test", base)` and
 * `new URL("/\t/evil.test", base)` land on evil.test, and `/.//evil.test` has the path `//evil.test`. Refused: backslash,
 * white space and control characters anywhere, `//` at the start, dot segments (plain or encoded), encoded control
 * characters in the path, user information, schemes other than lower-case http and https, hosts that are not plain ASCII
 * names (encoded, non-ASCII, trailing dot, empty label) and odd ports.
 *
 * @param raw decoded exactly once; null and undefined give undefined.
 * @returns the very text that came in, except that non-ASCII characters after the host are percent-encoded as a browser would.
 * @see RFC 9700 §4.11 (open redirection)
 */
export function parseReturnTarget(raw: string | null | undefined, rules: ReturnTargetRules): ReturnTarget | undefined {
  if (raw === null || raw === undefined || raw.length > RETURN_TARGET_LIMIT || UNSAFE.test(raw)) return undefined;
  const target = raw.replace(NON_ASCII, encodeURIComponent);
  return isReturnTarget(target, rules) ? target : undefined;
}

/**
 * Does this host match one of the patterns of {@link ReturnTargetRules}?
 *
 * @param host lower case, without port.
 * @param port the effective port: the explicit one, or the scheme's default.
 * @param defaultPort the scheme's default port.
 */
export function matchesHostPattern(
  patterns: readonly string[],
  host: string,
  port: string,
  defaultPort: string,
): boolean {
  return patterns.some((pattern) => {
    const split = HOST_PATTERN.exec(pattern.toLowerCase());
    if (split === null) return false;
    const wantedPort = split[2] ?? defaultPort;
    return (wantedPort === "*" || wantedPort === port) && matchesName(split[1] ?? "", host);
  });
}

/** White space, control, format and unassigned characters, lone surrogates, the mark of broken UTF-8, and the backslash. */
const UNSAFE = /[\s\p{C}\p{Z}\\\uFFFD]/u;
const NON_ASCII = /[^\0-\x7f]+/gu;
/** A dot segment as browsers see one: `.` or `..`, each dot plain or `%2e`. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;
const ENCODED_CONTROL = /%(?:[01][0-9a-f]|7f)/i;
const ABSOLUTE = /^(https?):\/\/([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(0|[1-9]\d{0,4}))?(?=[/?#]|$)(.*)$/u;
const HOST_NAME = /^\[|^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;
const HOST_PATTERN = /^((?:\*?\.)?[a-z0-9_-][a-z0-9._-]*|\[[0-9a-f:.]+\])(?::(\d{1,5}|\*))?$/;

function isReturnTarget(target: string, rules: ReturnTargetRules): target is ReturnTarget {
  if (!target.startsWith("/")) return isAllowedUrl(target, rules);
  return !target.startsWith("//") && isPlainPath(target);
}

function isAllowedUrl(target: string, rules: ReturnTargetRules): boolean {
  const match = ABSOLUTE.exec(target);
  if (match === null) return false;
  const [, scheme = "", rawHost = "", port, rest = ""] = match;
  const host = rawHost.toLowerCase();
  const defaultPort = scheme === "https" ? "443" : "80";
  if (!HOST_NAME.test(host) || !isPlainPath(rest)) return false;
  if (!matchesHostPattern(rules.hosts, host, port ?? defaultPort, defaultPort)) return false;
  // A second opinion: a browser's parser must read the same host (it rewrites numbers to IPv4 and refuses broken punycode).
  return URL.parse(target)?.hostname === host;
}

/** Is the path before `?` and `#` free of dot segments and encoded control characters? */
function isPlainPath(target: string): boolean {
  const end = target.search(/[?#]/);
  const path = end === -1 ? target : target.slice(0, end);
  return !DOT_SEGMENT.test(path) && !ENCODED_CONTROL.test(path);
}

function matchesName(pattern: string, host: string): boolean {
  const suffix = pattern.startsWith("*") ? pattern.slice(1) : pattern;
  if (!suffix.startsWith(".")) return host === suffix;
  return host === suffix.slice(1) || host.endsWith(suffix);
}
