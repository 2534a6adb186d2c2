import { Buffer } from "node:buffer";

import { brokenEscape } from "../../../protocol/percent-encoding.ts";

/**
 * A percent-encoded path as text. What is not UTF-8 becomes U+FFFD: nothing but matching is done with it.
 *
 * @returns undefined when an escape is malformed.
 */
export function decodePath(path: string): string | undefined {
  if (!path.includes("%")) return path;
  if (brokenEscape(path) !== undefined) return undefined;
  try {
    return decodeURIComponent(path);
  } catch {
    return Buffer.from(unescapeBytes(path), "latin1").toString("utf8");
  }
}

function unescapeBytes(path: string): string {
  return path.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** A decoded path, percent-encoded as Go does it: unreserved characters and `$&+,/:;=@` stay. */
export function encodePath(path: string): string {
  return encodeURIComponent(path.toWellFormed())
    .replace(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, decodeURIComponent)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Does a path have empty segments, `.` or `..`? */
export function isUnclean(path: string): boolean {
  return path.includes("//") || hasDotSegment(path);
}

/** Does a path have a segment `.` or `..`? */
export function hasDotSegment(path: string): boolean {
  return /\/\.\.?(?:\/|$)/.test(path);
}

/** A path, which begins with `/`, without empty segments, `.` and `..`; a slash at its end stays. It never leads above `/`. */
export function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}${path.endsWith("/") && kept.length > 0 ? "/" : ""}`;
}
