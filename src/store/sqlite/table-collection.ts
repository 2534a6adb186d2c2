import type { Collection } from "../ports.ts";
import { collectionOperations } from "../sql/collection-operations.ts";
import type { Row, SqlValue } from "../sql/row.ts";
import { changedColumns, encodeRow, expiryRange, isStill, keyOf, type Change, type Table } from "../sql/table.ts";
import { tableSql, type TableSql } from "../sql/table-sql.ts";
import type { Connection } from "./open-database.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";
import { SQLITE } from "./sqlite-flavour.ts";

/** The objects of one table. Every change is one transaction, done in one go. */
export function createTableCollection<T>(database: SqliteDatabase, table: Table<T>, label: string): Collection<T> {
  const sql = tableSql(table, SQLITE);
  const operations = collectionOperations(label);
  const run = <R>(name: keyof typeof operations, work: (context: Context<T>) => R): Promise<R> =>
    database.run(operations[name], (connection) => work({ connection, table, sql }));
  return {
    find: (key) => run("find", (context) => find(context, table.parseKey(key))),
    list: () =>
      run("list", ({ connection }) =>
        connection
          .prepare(sql.list)
          .all()
          .map((row) => table.object.decode(row)),
      ),
    create: (value) => run("create", (context) => insert(context, value)),
    replace: (current, next) => run("replace", (context) => replace(context, { current, next })),
    remove: (current) => run("remove", (context) => remove(context, current)),
  };
}

/** Delete what ended before `now`, at most `limit` objects. @returns how many. */
export function removeExpired<T>(connection: Connection, table: Table<T>, now: number, limit: number): number {
  const times = expiryRange(table, now, SQLITE);
  return Number(connection.prepare(tableSql(table, SQLITE).removeExpired).run(...times, limit).changes);
}

interface Context<T> {
  readonly connection: Connection;
  readonly table: Table<T>;
  readonly sql: TableSql;
}

function find<T>({ connection, table, sql }: Context<T>, key: readonly SqlValue[]): T | undefined {
  const row = findRow({ connection, sql }, key);
  return row === undefined ? undefined : table.object.decode(row);
}

function findRow(
  { connection, sql }: Pick<Context<never>, "connection" | "sql">,
  key: readonly SqlValue[],
): Row | undefined {
  return connection.prepare(sql.find).get(...key);
}

function insert<T>({ connection, table, sql }: Context<T>, value: T): void {
  connection.prepare(sql.insert).run(...Object.values(encodeRow(table, value, SQLITE)));
}

function replace<T>(context: Context<T>, change: Change<T>): boolean {
  const { connection, table, sql } = context;
  return whileStill(context, change.current, (stored, key) => {
    const changed = changedColumns(table, stored, change, SQLITE);
    const columns = Object.keys(changed);
    if (columns.length > 0) connection.prepare(sql.update(columns)).run(...Object.values(changed), ...key);
  });
}

function remove<T>(context: Context<T>, value: T): boolean {
  return whileStill(context, value, (_, key) => context.connection.prepare(context.sql.remove).run(...key));
}

/** Do something with a row in one transaction, if it is still exactly `current`. */
function whileStill<T>(
  context: Context<T>,
  current: T,
  work: (stored: Row, key: readonly SqlValue[]) => void,
): boolean {
  const key = keyOf(context.table, encodeRow(context.table, current, SQLITE));
  return inTransaction(context.connection, () => {
    const row = findRow(context, key);
    if (row === undefined || !isStill(context.table, row, current, SQLITE)) return false;
    work(row, key);
    return true;
  });
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
