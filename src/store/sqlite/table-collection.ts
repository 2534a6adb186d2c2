import type { Collection, Singleton } from "../ports.ts";
import { sameValue } from "../same-value.ts";
import { StoreError } from "../store-error.ts";
import type { Connection } from "./open-database.ts";
import { sameColumn, type Row, type SqlValue } from "./row.ts";
import type { Operation, SqliteDatabase } from "./sqlite-database.ts";
import { tableSql, type Table, type TableSql } from "./table.ts";

/** The objects of one table. Every change is one transaction, done in one go. */
export function createTableCollection<T>(database: SqliteDatabase, table: Table<T>, label: string): Collection<T> {
  const sql = tableSql(table);
  const operations = operationsOf(label);
  return {
    find: (key) => database.run(operations.find, (connection) => find(connection, table, sql, table.parseKey(key))),
    list: () =>
      database.run(operations.list, ({ prepare }) =>
        prepare(sql.list)
          .all()
          .map((row) => table.decode(row)),
      ),
    create: (value) => database.run(operations.create, (connection) => insert(connection, table, sql, value)),
    replace: (current, next) =>
      database.run(operations.replace, (connection) => replace(connection, table, sql, { current, next })),
    remove: (current) => database.run(operations.remove, (connection) => remove(connection, table, sql, current)),
  };
}

/** The one object of a table with one row. */
export function createTableSingleton<T>(database: SqliteDatabase, table: Table<T>, key: string): Singleton<T> {
  const sql = tableSql(table);
  const operations = operationsOf(key);
  return {
    find: () => database.run(operations.find, (connection) => find(connection, table, sql, table.parseKey(key))),
    replace: async (current, next) => {
      if (current !== undefined) {
        return database.run(operations.replace, (connection) => replace(connection, table, sql, { current, next }));
      }
      try {
        await database.run(operations.create, (connection) => insert(connection, table, sql, next));
        return true;
      } catch (error) {
        if (error instanceof StoreError && error.reason === "conflict") return false;
        throw error;
      }
    },
  };
}

/** Delete what ended before `now`, at most `limit` objects. @returns how many. */
export function removeExpired<T>(connection: Connection, table: Table<T>, now: number, limit: number): number {
  if (table.expiry === undefined) return 0;
  const { format } = table.expiry;
  // From one second after the epoch: what is written for "never" lies before it.
  return Number(connection.prepare(tableSql(table).removeExpired).run(format(1), format(now), limit).changes);
}

function operationsOf(label: string): Readonly<Record<"find" | "list" | "create" | "replace" | "remove", Operation>> {
  return {
    find: { name: `${label}.find`, writes: false },
    list: { name: `${label}.list`, writes: false },
    create: { name: `${label}.create`, writes: true },
    replace: { name: `${label}.replace`, writes: true },
    remove: { name: `${label}.remove`, writes: true },
  };
}

function find<T>(connection: Connection, table: Table<T>, sql: TableSql, key: readonly SqlValue[]): T | undefined {
  const row = findRow(connection, sql, key);
  return row === undefined ? undefined : table.decode(row);
}

function findRow(connection: Connection, sql: TableSql, key: readonly SqlValue[]): Row | undefined {
  return connection.prepare(sql.find).get(...key);
}

function insert<T>(connection: Connection, table: Table<T>, sql: TableSql, value: T): void {
  connection.prepare(sql.insert).run(...encode(table, sql, value));
}

interface Change<T> {
  readonly current: T;
  readonly next: T;
}

function replace<T>(connection: Connection, table: Table<T>, sql: TableSql, change: Change<T>): boolean {
  const current = table.normalize?.(change.current) ?? change.current;
  const key = keyOf(table, current);
  return inTransaction(connection, () => {
    const row = findRow(connection, sql, key);
    if (row === undefined || !sameValue(table.decode(row), current)) return false;
    const before = encode(table, sql, current);
    const after = encode(table, sql, change.next);
    // Columns that stay the same keep the very bytes that were stored: another program's digits and spelling.
    const values = sql.columnNames.map((column, index) => {
      if (sameColumn(before[index], after[index])) return row[column] ?? null;
      return table.columns[column]?.(change.next, row) ?? null;
    });
    connection.prepare(sql.update).run(...values, ...key);
    return true;
  });
}

function remove<T>(connection: Connection, table: Table<T>, sql: TableSql, value: T): boolean {
  const current = table.normalize?.(value) ?? value;
  const key = keyOf(table, current);
  return inTransaction(connection, () => {
    const row = findRow(connection, sql, key);
    if (row === undefined || !sameValue(table.decode(row), current)) return false;
    connection.prepare(sql.remove).run(...key);
    return true;
  });
}

function encode<T>(table: Table<T>, sql: TableSql, value: T): readonly SqlValue[] {
  return sql.columnNames.map((column) => table.columns[column]?.(value) ?? null);
}

function keyOf<T>(table: Table<T>, value: T): readonly SqlValue[] {
  return table.keyColumns.map((column) => table.columns[column]?.(value) ?? null);
}

/** The write lock is taken first, so that what is read cannot change before it is written. */
function inTransaction(connection: Connection, work: () => boolean): boolean {
  connection.prepare("BEGIN IMMEDIATE").run();
  try {
    const result = work();
    connection.prepare("COMMIT").run();
    return result;
  } catch (error) {
    if (connection.db.isTransaction) connection.db.exec("ROLLBACK");
    throw error;
  }
}
