import type { FailureKind } from "../sql/trouble.ts";

/** Primary result codes of SQLite, https://sqlite.org/rescode.html. */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const FULL = 13;
const TOO_BIG = 18;
const CONSTRAINT = 19;
/** Extended result codes: a primary key, another unique index. */
const KEY_TAKEN: readonly number[] = [1555, 2067];

/** @returns undefined when the error says nothing about the file: a value that cannot be stored or read. */
export function failureKind(error: unknown): FailureKind | undefined {
  const extended = resultCode(error);
  if (extended === undefined) return undefined;
  const code = extended & 0xff; // the primary code is the low byte
  if (code === CONSTRAINT) return KEY_TAKEN.includes(extended) ? "conflict" : undefined;
  if (code === TOO_BIG) return "refused";
  if (code === BUSY || code === LOCKED) return "busy";
  if (code === READONLY || code === FULL) return "unwritable";
  return "unusable";
}

/** The extended result code. A refusal of the driver itself (closed, finalized) has none: the connection is of no more use. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("errcode" in error && typeof error.errcode === "number") return error.errcode;
  return "code" in error && error.code === "ERR_INVALID_STATE" ? 0 : undefined;
}
