/** A part of a file: `end` is the first byte that does not belong to it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The one range that a request asks for. Several ranges at once are answered with the whole file, as a server may (RFC 9110 §14.2);
 * so is a range of another version of the file (`If-Range`).
 *
 * @returns undefined: the whole file; `malformed`: it cannot be understood; `unsatisfiable`: it begins behind the end.
 */
export function readByteRange(headers: Headers, size: number, modified: Date): RangeResult {
  const text = headers.get("range");
  if (text === null || !isThisVersion(headers.get("if-range"), modified)) return undefined;
  const list = /^bytes=(.*)$/.exec(text)?.[1];
  if (list === undefined) return "malformed";
  if (list.includes(",")) return undefined;
  if (list.trim() === "") return undefined;
  // Trimmed first: white space in two places side by side takes the square of its length.
  const match = /^(\d*)\s*-\s*(\d*)$/.exec(list.trim());
  if (match === null) return "malformed";
  const [, first = "", last = ""] = match;
  return byteRange(first, last, size);
}

type RangeResult = ByteRange | "malformed" | "unsatisfiable" | undefined;

function byteRange(first: string, last: string, size: number): RangeResult {
  if (first === "" && last === "") return "malformed";
  if (first !== "" && last !== "" && Number(last) < Number(first)) return "malformed";
  if (size === 0) return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  return start < end ? { start, end } : "unsatisfiable";
}

/** Files have no entity tags here: only a date can say that it is the same version. */
function isThisVersion(ifRange: string | null, modified: Date): boolean {
  return ifRange === null || Date.parse(ifRange) === wholeSeconds(modified);
}

/** HTTP dates have no fractions. */
export function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}
