import mysql from "mysql2";

import type { LeaseRow } from "../sql/gatehouse-tables.ts";
import type { Row, SqlValue } from "../sql/row.ts";
import {
  tlsOptions,
  within,
  type QueryResult,
  type SqlConnection,
  type SqlServer,
  type SqlServerDriver,
} from "../sql/server-driver.ts";
import type { FailureKind } from "../sql/trouble.ts";
import { MYSQL } from "./mysql-flavour.ts";

/** MySQL and MariaDB over `mysql2`. */
export const MYSQL_DRIVER: SqlServerDriver = {
  flavour: MYSQL,
  connect,
  failureKind,
  reason,
  listTables: "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()",
  acquireLease,
  withSchemaLock,
  isTakenStep: (error) => TAKEN.has(errorNumber(error) ?? 0),
};

/**
 * What is too long fails and is never cut off; a wait for a row ends before the statement is given up; times that the
 * server makes are UTC.
 */
const SESSION =
  "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', innodb_lock_wait_timeout = 5";

async function connect(server: SqlServer, timeoutSeconds: number): Promise<SqlConnection> {
  const connection = mysql.createConnection(connectionOptions(server));
  let isBroken = false;
  const end = (): void => {
    isBroken = true;
    connection.destroy();
  };
  connection.on("error", end);
  connection.on("end", () => {
    isBroken = true; // and no more: destroyed now, it would never tell the statement that waits
  });
  const opened = new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error === null ? resolve() : reject(error)));
  });
  await within(timeoutSeconds, "connecting", opened, end);
  const statements = connection.promise();
  await within(timeoutSeconds, "connecting", statements.query(SESSION), end);
  return {
    get isBroken() {
      return isBroken;
    },
    close: end,
    async query(sql, values = []) {
      try {
        return resultOf((await statements.execute(sql, values.map(parameter)))[0]);
      } catch (error) {
        if (isFatal(error)) end();
        throw error;
      }
    },
  };
}

function connectionOptions(server: SqlServer): mysql.ConnectionOptions {
  const { host, port, tls } = server;
  return {
    ...(host.startsWith("/") ? { socketPath: host } : { host, port, enableKeepAlive: true }),
    database: server.database,
    user: server.user,
    password: server.password.reveal(),
    charset: "utf8mb4",
    dateStrings: true, // no digit is lost, and the process's own zone does not matter
    ...(tls === undefined ? {} : { ssl: { ...tlsOptions(tls), verifyIdentity: tls.verify === "full" } }),
  };
}

function parameter(value: SqlValue): string | number | bigint | Buffer | null {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

function resultOf(result: unknown): QueryResult {
  // Rows are objects of column values, since no option asks for anything else; the rest is the answer to a change.
  if (Array.isArray(result)) return { rows: result as Row[], changes: 0 };
  return { rows: [], changes: (result as mysql.ResultSetHeader).affectedRows };
}

async function acquireLease(connection: SqlConnection, lease: LeaseRow, now: number): Promise<boolean> {
  const { name, holder, expiresAt } = lease;
  const { changes } = await connection.query(KEEP_LEASE, [holder, expiresAt, name, holder, now]);
  if (changes > 0) return true;
  try {
    await connection.query(NEW_LEASE, [name, holder, expiresAt]);
    return true;
  } catch (error) {
    if (failureKind(error) === "conflict") return false;
    throw error;
  }
}

/** It finds the row also when it stays the same: `mysql2` asks the server to count so. */
const KEEP_LEASE =
  "UPDATE gatehouse_lease SET holder = ?, expires_at = ? WHERE name = ? AND (holder = ? OR expires_at <= ?)";
const NEW_LEASE = "INSERT INTO gatehouse_lease (name, holder, expires_at) VALUES (?, ?, ?)";

function isFatal(error: unknown): boolean {
  return error instanceof Error && "fatal" in error && error.fatal === true;
}

/** By error number, https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html. */
function failureKind(error: unknown): FailureKind | undefined {
  const number = errorNumber(error);
  if (number === undefined) return undefined;
  if (KEY_TAKEN.has(number)) return "conflict";
  if (BUSY.has(number)) return "busy";
  if (UNWRITABLE.has(number)) return "unwritable";
  return REFUSED.has(number) ? "refused" : "unusable";
}

/** The number of a server's error; undefined when it is another's. */
function errorNumber(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errno" in error) || !("sqlState" in error)) return undefined;
  return typeof error.errno === "number" ? error.errno : undefined;
}

/** The server repeats the value of some errors: of these the name must do. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const number = errorNumber(error) ?? 0;
  const repeats = KEY_TAKEN.has(number) || REPEATING.has(number);
  return repeats && "code" in error ? String(error.code) : error.message;
}

const KEY_TAKEN: ReadonlySet<number> = new Set([1062, 1586]);

/** Record changed, lock wait timeout, deadlock. */
const BUSY: ReadonlySet<number> = new Set([1020, 1205, 1213]);

/** Disk full, table full, read-only by option, by transaction, by mode. */
const UNWRITABLE: ReadonlySet<number> = new Set([1021, 1114, 1290, 1792, 1836]);

/** Values that are out of range, cut off, no text, or no time. */
const REPEATING: ReadonlySet<number> = new Set([1264, 1292, 1300, 1366, 1411, 3988]);

/** These, a row too large, characters that a column does not have, and data too long. */
const REFUSED: ReadonlySet<number> = new Set([...REPEATING, 1118, 1267, 1406]);

/** A table, a column, a key of this name exists. */
const TAKEN: ReadonlySet<number> = new Set([1050, 1060, 1061]);

/** The server commits after every statement that changes the schema, so a step may be cut in half: see `isTakenStep`. */
async function withSchemaLock<R>(connection: SqlConnection, work: () => Promise<R>): Promise<R> {
  const { rows } = await connection.query(`SELECT GET_LOCK(${SCHEMA_LOCK}, 300) AS taken`);
  if (Number(rows[0]?.["taken"]) !== 1) throw new Error("another replica keeps the schema locked");
  try {
    return await work();
  } finally {
    await connection.query(`DO RELEASE_LOCK(${SCHEMA_LOCK})`).catch(() => connection.close());
  }
}

/** Locks are the whole server's, and their names have an end. */
const SCHEMA_LOCK = "CONCAT('gatehouse.', MD5(DATABASE()))";
