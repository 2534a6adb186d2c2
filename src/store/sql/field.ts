import { parseGoTime } from "./go-time.ts";
import {
  bytes,
  flag,
  json,
  list,
  number,
  text,
  toBytes,
  toFlag,
  toJson,
  toList,
  type Row,
  type SqlValue,
} from "./row.ts";

/** What turning a value into columns needs to know. */
export interface EncodeContext {
  /** How the database writes a time: seconds since the epoch, 0 and less = never. */
  readonly time: (seconds: number) => string;
  /** The row that is being replaced, for parts that must survive. */
  readonly stored?: Row;
}

/** How one part of an object lies in one column or more: written and read by the same description. */
export interface Field<V> {
  readonly columns: readonly string[];
  /** One value for each of `columns`. */
  encode(value: V, context: EncodeContext): readonly SqlValue[];
  /** @throws {Error} when a column cannot be read. */
  decode(row: Row): V;
}

/** One field for each member of an object; an absent member is undefined. */
export type Fields<T> = {
  readonly [K in keyof T]-?: Field<object extends Pick<T, K> ? T[K] | undefined : T[K]>;
};

/** One column. `encode` and `decode` are each other's opposite. */
export function column<V>(
  name: string,
  encode: (value: V, context: EncodeContext) => SqlValue,
  decode: (row: Row, column: string) => V,
): Field<V> {
  return {
    columns: [name],
    encode: (value, context) => [encode(value, context)],
    decode: (row) => decode(row, name),
  };
}

/** Text; NULL reads as "". */
export function textField(name: string): Field<string> {
  return column(name, (value) => value, text);
}

/** Text in a column of bytes. */
export function textBytesField(name: string): Field<string> {
  return column(name, toBytes, text);
}

/** Bytes; absent = NULL. */
export function bytesField(name: string): Field<Uint8Array | undefined> {
  return column(name, (value) => value ?? null, bytes);
}

/** A number as it is; also our own tables' times. */
export function numberField(name: string): Field<number> {
  return column(name, (value) => value, number);
}

/** One of dex's times. */
export function timeField(name: string): Field<number> {
  return column(
    name,
    (value, { time }) => time(value),
    (row) => parseGoTime(text(row, name)),
  );
}

export function flagField(name: string): Field<boolean> {
  return column(name, toFlag, flag);
}

/** Absent = NULL. */
export function optionalFlagField(name: string): Field<boolean | undefined> {
  return column(
    name,
    (value) => (value === undefined ? null : toFlag(value)),
    (row) => (row[name] === null ? undefined : flag(row, name)),
  );
}

/** A JSON list of strings in bytes; an empty one is null. */
export function listField(name: string): Field<readonly string[]> {
  return column(name, toList, list);
}

/** Any JSON in bytes. `decode` looks at what it is; absent is null. */
export function jsonField<V>(
  name: string,
  encode: (value: V, stored: Row | undefined) => unknown,
  decode: (value: unknown) => V,
): Field<V> {
  return column(
    name,
    (value, { stored }) => toJson(encode(value, stored) ?? null),
    (row) => decode(json(row, name)),
  );
}

/** An object whose members are fields. */
export function objectField<T extends object>(fields: Fields<T>): Field<T> {
  // `Object.entries` forgets which field goes with which member; that they fit is what `Fields` says.
  const members = Object.entries(fields) as unknown as readonly [keyof T, Field<T[keyof T] | undefined>][];
  return {
    columns: members.flatMap(([, field]) => field.columns),
    encode: (value, context) => members.flatMap(([name, field]) => field.encode(value[name], context)),
    decode: (row) =>
      Object.fromEntries(
        members.map(([name, field]) => [name, field.decode(row)] as const).filter(([, value]) => value !== undefined),
      ) as T, // each member was read by its own field
  };
}
