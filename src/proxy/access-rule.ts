import type { AccessRule } from "../config/configuration.ts";

/** Does a rule speak about this method and decoded path? */
export type RuleMatches = (method: string, path: string) => boolean;

/**
 * Prepare the paths and methods of a rule.
 *
 * Patterns are anchored at both ends and see the path only, never query or fragment (CVE-2025-54576, CVE-2026-41059).
 * `/healthz` matches exactly that; `/admin/**` `/admin` itself and everything below; `*` within one segment. Methods
 * match exactly: a rule for GET says nothing about HEAD.
 */
export function createRuleMatches(rule: Pick<AccessRule, "paths" | "methods">): RuleMatches {
  const methods = new Set(rule.methods);
  const paths = rule.paths.map(compilePath);
  return (method, path) => {
    if (methods.size > 0 && !methods.has(method)) return false;
    return paths.length === 0 || paths.some((pattern) => pattern.test(path));
  };
}

/**
 * The decoded path that rules are matched against; undefined when the path could mean two things to two programs, and
 * must be denied rather than normalised: `//`, dot segments, `;` parameters, an encoded slash, backslash, semicolon, percent sign
 * or control character, an encoded letter, digit or other character that needs no encoding (`/%61dmin`), broken
 * percent-encoding or UTF-8.
 *
 * @param path raw, as in a `Target`.
 */
export function readStrictPath(path: string): string | undefined {
  if (AMBIGUOUS.test(path)) return undefined;
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Empty segment; dot segment; parameter; then `%` before: control, `%`, `-`, `.`, `/`, digits, `;`, letters, `\`, `_`, `~`, DEL. */
const AMBIGUOUS =
  /\/\/|\/\.{1,2}(?:\/|$)|;|%(?:[01][0-9a-f]|25|2[def]|3[0-9b]|4[1-9a-f]|5[0-9acf]|6[1-9a-f]|7[0-9aef])|%(?![0-9a-f]{2})/i;

function compilePath(pattern: string): RegExp {
  const segments = decode(pattern).split("/").slice(1);
  const source = segments.map((segment) => (segment === "**" ? "(?:/.*)?" : `/${compileSegment(segment)}`)).join("");
  return new RegExp(`^${source}$`, "su");
}

function compileSegment(segment: string): string {
  return segment
    .split(/\*+/)
    .map((text) => text.replace(/[$()*+.?[\\\]^{|}/]/g, String.raw`\$&`))
    .join("[^/]*");
}

function decode(pattern: string): string {
  try {
    return decodeURIComponent(pattern);
  } catch {
    return pattern;
  }
}
