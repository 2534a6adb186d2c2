import type { Collection } from "../ports.ts";
import { collectionOperations } from "./collection-operations.ts";
import { sameColumn, text, type Row, type SqlValue } from "./row.ts";
import type { SqlConnection, SqlServerDriver } from "./server-driver.ts";
import type { ServerDatabase } from "./server-database.ts";
import { tableSql, VERSION, type TableSql } from "./table-sql.ts";
import { changedColumns, encodeRow, isStill, keyOf, type Change, type Table } from "./table.ts";
import type { SqlFlavour } from "./sql-flavour.ts";

/**
 * The objects of one table on a server. A change is one statement that holds for the version of the row that was read
 * and compared: no lock is held while this process thinks, and it is exact beside any other program.
 */
export function createServerCollection<T>(database: ServerDatabase, table: Table<T>, label: string): Collection<T> {
  const { driver } = database;
  const { flavour } = driver;
  const sql = tableSql(table, flavour);
  const operations = collectionOperations(label);
  const run = <R>(name: keyof typeof operations, work: (context: Context<T>) => Promise<R>): Promise<R> =>
    database.run(operations[name], (connection) => work({ connection, table, sql, driver, flavour }));
  return {
    find: (key) => run("find", (context) => find(context, table.parseKey(key))),
    list: () =>
      run("list", async ({ connection }) =>
        (await connection.query(sql.list)).rows.map((row) => table.object.decode(row)),
      ),
    create: (value) =>
      run("create", async ({ connection }) => {
        await connection.query(sql.insert, Object.values(encodeRow(table, value, flavour)));
      }),
    replace: (current, next) => run("replace", (context) => replace(context, { current, next })),
    remove: (current) => run("remove", (context) => remove(context, current)),
  };
}

interface Context<T> {
  readonly connection: SqlConnection;
  readonly table: Table<T>;
  readonly sql: TableSql;
  readonly driver: SqlServerDriver;
  readonly flavour: SqlFlavour;
}

async function find<T>(context: Context<T>, key: readonly SqlValue[]): Promise<T | undefined> {
  const row = await findRow(context, key);
  return row === undefined ? undefined : context.table.object.decode(row);
}

/**
 * A server may find a row whose key differs in case or accents: that is another object. A key that it cannot hold is
 * nobody's.
 */
async function findRow<T>(context: Context<T>, key: readonly SqlValue[]): Promise<Row | undefined> {
  const { connection, table, sql, driver } = context;
  try {
    const [row] = (await connection.query(sql.find, key)).rows;
    return row !== undefined && keyOf(table, row).every((value, index) => sameColumn(value, key[index]))
      ? row
      : undefined;
  } catch (error) {
    if (driver.failureKind(error) === "refused") return undefined;
    throw error;
  }
}

function replace<T>(context: Context<T>, change: Change<T>): Promise<boolean> {
  const { connection, table, sql, flavour } = context;
  return whileStill(context, change.current, async (stored, condition) => {
    const changed = changedColumns(table, stored, change, flavour);
    const columns = Object.keys(changed);
    if (columns.length === 0) return 1;
    return (await connection.query(sql.update(columns), [...Object.values(changed), ...condition])).changes;
  });
}

function remove<T>(context: Context<T>, value: T): Promise<boolean> {
  return whileStill(
    context,
    value,
    async (_, condition) => (await context.connection.query(context.sql.remove, condition)).changes,
  );
}

/**
 * Change a row if it is still exactly `current`. When the statement finds another version than the one that was read,
 * the row is read again: the change in between may have been about columns that are not ours.
 *
 * @param work makes the change under a condition (the key's values and the version). Returns how many rows it changed.
 */
async function whileStill<T>(
  context: Context<T>,
  current: T,
  work: (stored: Row, condition: readonly SqlValue[]) => Promise<number>,
): Promise<boolean> {
  const { table, flavour } = context;
  const key = keyOf(table, encodeRow(table, current, flavour));
  for (;;) {
    const row = await findRow(context, key);
    if (row === undefined || !isStill(table, row, current, flavour)) return false;
    if ((await work(row, [...key, text(row, VERSION)])) > 0) return true;
  }
}
