import type { Row, SqlValue } from "./row.ts";

/** How one kind of object lies in a table. Columns that are not named here belong to others and are never touched. */
export interface Table<T> {
  readonly name: string;
  readonly keyColumns: readonly string[];
  /** The column values of a key, in the order of `keyColumns`. */
  readonly parseKey: (key: string) => readonly SqlValue[];
  /** How each column is made from a value. `stored` is the row that is being replaced, for parts that must survive. */
  readonly columns: Readonly<Record<string, (value: T, stored?: Row) => SqlValue>>;
  /** @throws {Error} when a column cannot be read. */
  readonly decode: (row: Row) => T;
  /** The form in which a value is compared with what is stored. Default: as it is. */
  readonly normalize?: (value: T) => T;
  /** The column that says when the object ends, and how a time is written there; 0 and less never end. */
  readonly expiry?: { readonly column: string; readonly format: (time: number) => SqlValue };
}

/** The statements of a table, made once. */
export interface TableSql {
  readonly columnNames: readonly string[];
  readonly find: string;
  readonly list: string;
  readonly insert: string;
  /** Values of all columns, then of the key. */
  readonly update: string;
  readonly remove: string;
  /** Parameters: the earliest time that counts, the time before which an object has ended, how many at most. */
  readonly removeExpired: string;
}

export function tableSql<T>(table: Table<T>): TableSql {
  const columnNames = Object.keys(table.columns);
  const quoted = columnNames.map(quote);
  const name = quote(table.name);
  const byKey = table.keyColumns.map((column) => `${quote(column)} = ?`).join(" AND ");
  const expiry = quote(table.expiry?.column ?? "");
  return {
    columnNames,
    find: `SELECT ${quoted.join(", ")} FROM ${name} WHERE ${byKey}`,
    list: `SELECT ${quoted.join(", ")} FROM ${name} ORDER BY rowid`,
    insert: `INSERT INTO ${name} (${quoted.join(", ")}) VALUES (${quoted.map(() => "?").join(", ")})`,
    update: `UPDATE ${name} SET ${quoted.map((column) => `${column} = ?`).join(", ")} WHERE ${byKey}`,
    remove: `DELETE FROM ${name} WHERE ${byKey}`,
    removeExpired:
      `DELETE FROM ${name} WHERE rowid IN ` +
      `(SELECT rowid FROM ${name} WHERE ${expiry} >= ? AND ${expiry} < ? LIMIT ?)`,
  };
}

function quote(identifier: string): string {
  return `"${identifier}"`;
}
