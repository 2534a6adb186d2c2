import { wholeSeconds } from "./byte-range.ts";

/**
 * Does a conditional request not want the file? Files have no entity tags here, so `If-Match` only holds as `*`, and
 * `If-None-Match` fails only as `*`. RFC 9110 §13.2.2
 *
 * @returns the status to answer with instead: 304 or 412; undefined = go on.
 */
export function failedPrecondition({ method, headers }: Request, modified: Date): 304 | 412 | undefined {
  const ifMatch = headers.get("if-match");
  if (ifMatch !== null && ifMatch.trim() !== "*") return 412;
  if (ifMatch === null && isBefore(headers.get("if-unmodified-since"), modified)) return 412;
  const isRead = method === "GET" || method === "HEAD";
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== null) return ifNoneMatch.trim() === "*" ? (isRead ? 304 : 412) : undefined;
  return isRead && isUnchanged(headers.get("if-modified-since"), modified) ? 304 : undefined;
}

function isBefore(text: string | null, modified: Date): boolean {
  return text !== null && Date.parse(text) < wholeSeconds(modified);
}

function isUnchanged(text: string | null, modified: Date): boolean {
  return text !== null && Date.parse(text) >= wholeSeconds(modified);
}
