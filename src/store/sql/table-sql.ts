import type { SqlFlavour } from "./sql-flavour.ts";
import type { Table } from "./table.ts";

/** The statements of a table, made once. */
export interface TableSql {
  /** The key's values. The rows have a column {@link VERSION} where the flavour has versions. */
  readonly find: string;
  readonly list: string;
  /** The values of all columns. */
  readonly insert: string;
  /** The values of these columns, those of the key, and the version where the flavour has versions. */
  update(columns: readonly string[]): string;
  /** The key's values, and the version where the flavour has versions. */
  readonly remove: string;
  /** The earliest time that counts, the time before which an object has ended, how many at most. */
  readonly removeExpired: string;
}

/** The name of the column that holds a row's version. */
export const VERSION = "gatehouse_version";

export function tableSql<T>(table: Table<T>, flavour: SqlFlavour): TableSql {
  const quote = (name: string): string => flavour.quote(name);
  const at = (index: number): string => flavour.placeholder(index);
  const name = quote(table.name);
  const columns = table.columns.map(quote);
  const key = table.keyColumns.map(quote);
  const version = flavour.version?.(columns);
  const equal = (names: readonly string[], from: number): string[] =>
    names.map((column, index) => `${column} = ${at(from + index)}`);
  const unchanged = (from: number): string => {
    const conditions = version === undefined ? key : [...key, version];
    return equal(conditions, from).join(" AND ");
  };
  const expiry = quote(table.expiry?.column ?? "");
  return {
    find:
      `SELECT ${columns.join(", ")}${version === undefined ? "" : `, ${version} AS ${VERSION}`} ` +
      `FROM ${name} WHERE ${equal(key, 1).join(" AND ")}`,
    list: `SELECT ${columns.join(", ")} FROM ${name} ORDER BY ${flavour.listOrder(key)}`,
    insert: `INSERT INTO ${name} (${columns.join(", ")}) VALUES (${columns.map((_, index) => at(index + 1)).join(", ")})`,
    update: (changed) =>
      `UPDATE ${name} SET ${equal(changed.map(quote), 1).join(", ")} WHERE ${unchanged(changed.length + 1)}`,
    remove: `DELETE FROM ${name} WHERE ${unchanged(1)}`,
    removeExpired: flavour.deleteSome(name, key, `${expiry} >= ${at(1)} AND ${expiry} < ${at(2)}`, at(3)),
  };
}
