/** What a column can hold. */
export type SqlValue = string | number | bigint | Uint8Array | null;

/** A row as the driver gives it, by column name. */
export type Row = Readonly<Record<string, SqlValue>>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A text column; NULL reads as "". */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (value === null || value === undefined) return "";
  return value instanceof Uint8Array ? decoder.decode(value) : String(value);
}

/** A number column; NULL reads as 0. */
export function number(row: Row, column: string): number {
  const value = Number(row[column] ?? 0);
  if (Number.isNaN(value)) throw damaged(column);
  return value;
}

/** A boolean column, kept as 0 or 1. */
export function flag(row: Row, column: string): boolean {
  return number(row, column) !== 0;
}

/** A bytes column; undefined when NULL. Some writers put text there. */
export function bytes(row: Row, column: string): Uint8Array | undefined {
  const value = row[column];
  if (value === null || value === undefined) return undefined;
  if (value instanceof Uint8Array) return value;
  return encoder.encode(String(value));
}

/** A JSON column; NULL and nothing read as null. */
export function json(row: Row, column: string): unknown {
  const source = text(row, column);
  if (source === "") return null;
  try {
    return JSON.parse(source) as unknown; // JSON.parse says any; the callers look at what it is
  } catch {
    throw damaged(column); // the parser's words quote the value, which may be a secret
  }
}

/** A JSON list of strings; Go writes a nil list as null. */
export function list(row: Row, column: string): readonly string[] {
  const value = json(row, column);
  if (value === null) return [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) throw damaged(column);
  return value;
}

/** A JSON object, or undefined for null. */
export function record(value: unknown, column: string): Readonly<Record<string, unknown>> | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw damaged(column);
  return value as Readonly<Record<string, unknown>>; // checked just above
}

/** What a column says cannot be true. Names the column, never the value. */
export function damaged(column: string): Error {
  return new Error(`the stored value of column ${column} cannot be read`);
}

/** Text as bytes, for blob columns. */
export function toBytes(value: string): Uint8Array {
  return encoder.encode(value);
}

/** A value as a JSON column. */
export function toJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** A list as a JSON column; an empty one as null, as Go writes it. */
export function toList(value: readonly string[]): Uint8Array {
  return toJson(value.length === 0 ? null : value);
}

/** A boolean as a column. */
export function toFlag(value: boolean): number {
  return value ? 1 : 0;
}

/** Are two column values the same? */
export function sameColumn(left: SqlValue | undefined, right: SqlValue | undefined): boolean {
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    return left.length === right.length && left.every((byte, index) => byte === right[index]);
  }
  return left === right;
}
