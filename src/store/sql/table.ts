import { objectField, type EncodeContext, type Field, type Fields } from "./field.ts";
import { sameColumn, type Row, type SqlValue } from "./row.ts";
import { sameValue } from "../same-value.ts";

/** How one kind of object lies in a table, whatever the database. Columns that are not named here belong to others and are never touched. */
export interface Table<T> {
  readonly name: string;
  readonly keyColumns: readonly string[];
  /** The column values of a key, in the order of `keyColumns`. */
  readonly parseKey: (key: string) => readonly SqlValue[];
  readonly columns: readonly string[];
  readonly object: Field<T>;
  readonly constants: Row;
  readonly expiry?: Expiry;
}

/** The column that says when an object ends: one of dex's times, or a number. 0 and less never end. */
export interface Expiry {
  readonly column: string;
  readonly kind: "time" | "number";
}

export interface TableDescription<T> {
  readonly name: string;
  readonly key: readonly string[];
  /** Default: the key is the one key column. */
  readonly parseKey?: (key: string) => readonly SqlValue[];
  readonly fields: Fields<T>;
  /** Columns that are the same in every row. */
  readonly constants?: Row;
  readonly expiry?: Expiry;
}

export function defineTable<T extends object>(description: TableDescription<T>): Table<T> {
  const object = objectField(description.fields);
  const constants = description.constants ?? {};
  return {
    name: description.name,
    keyColumns: description.key,
    parseKey: description.parseKey ?? ((key) => [key]),
    columns: [...Object.keys(constants), ...object.columns],
    object,
    constants,
    ...(description.expiry === undefined ? {} : { expiry: description.expiry }),
  };
}

/** The key of an object that belongs to a person of a connector, as `offlineSessionKey` makes it: connector, then user. */
export function parsePersonKey(key: string): readonly SqlValue[] {
  const end = key.indexOf("\n");
  return [key.slice(0, end), key.slice(end + 1)];
}

/** The row that a value makes. */
export function encodeRow<T>(table: Table<T>, value: T, context: EncodeContext): Row {
  const values = table.object.encode(value, context);
  const columns = table.object.columns.map((column, index) => [column, values[index] ?? null]);
  return { ...table.constants, ...Object.fromEntries(columns) };
}

/** What a value would be read as once it was stored: what a column cannot hold (digits of times) is gone. */
export function asStored<T>(table: Table<T>, value: T, context: EncodeContext): T {
  return table.object.decode(encodeRow(table, value, context));
}

/** The values of the key columns of a row. */
export function keyOf<T>(table: Table<T>, row: Row): readonly SqlValue[] {
  return table.keyColumns.map((column) => row[column] ?? null);
}

/** What `replace` has to do about the row that is stored. */
export interface Change<T> {
  readonly current: T;
  readonly next: T;
}

/** Is this row still exactly that value? */
export function isStill<T>(table: Table<T>, row: Row, value: T, context: EncodeContext): boolean {
  return sameValue(table.object.decode(row), asStored(table, value, context));
}

/**
 * The columns that a change writes, by name. Columns that stay the same are not among them: they keep what another
 * program wrote, with its digits and spelling.
 */
export function changedColumns<T>(table: Table<T>, stored: Row, change: Change<T>, context: EncodeContext): Row {
  const before = encodeRow(table, change.current, context);
  const after = encodeRow(table, change.next, context);
  const merged = encodeRow(table, change.next, { ...context, stored });
  const changed = table.columns.filter((column) => !sameColumn(before[column], after[column]));
  return Object.fromEntries(changed.map((column) => [column, merged[column] ?? null]));
}

/** From when to when an object must have ended to be removed: what is written for "never" lies before it. */
export function expiryRange<T>(table: Table<T>, now: number, { time }: EncodeContext): readonly SqlValue[] {
  return table.expiry?.kind === "time" ? [time(1), time(now)] : [1, now];
}
