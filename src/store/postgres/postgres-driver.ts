import { Client, DatabaseError, types } from "pg";

import { acquireLeaseSql } from "../sql/lease-sql.ts";
import type { Row, SqlValue } from "../sql/row.ts";
import {
  tlsOptions,
  within,
  type SqlConnection,
  type SqlServer,
  type SqlServerDriver,
  type SqlServerTls,
} from "../sql/server-driver.ts";
import type { FailureKind } from "../sql/trouble.ts";
import { POSTGRES } from "./postgres-flavour.ts";

/** PostgreSQL over `pg`. Nothing is set on the connection, so that a pooler may stand between. */
export const POSTGRES_DRIVER: SqlServerDriver = {
  flavour: POSTGRES,
  connect,
  failureKind,
  reason: (error) => (error instanceof Error ? error.message : String(error)),
  listTables: "SELECT tablename AS name FROM pg_tables WHERE schemaname = ANY (current_schemas(false))",
  acquireLease: async (connection, { name, holder, expiresAt }, now) =>
    (await connection.query(ACQUIRE_LEASE, [name, holder, expiresAt, now])).changes === 1,
  withSchemaLock,
  isTakenStep: () => false, // a step is taken as a whole or not at all
};

const ACQUIRE_LEASE = acquireLeaseSql(POSTGRES.placeholder);

async function connect(server: SqlServer, timeoutSeconds: number): Promise<SqlConnection> {
  const client = new Client({
    host: server.host,
    port: server.port,
    database: server.database,
    user: server.user,
    password: server.password.reveal(),
    ssl: server.tls === undefined ? false : postgresTls(server.tls),
    keepAlive: true,
    types: { getTypeParser: typeParser },
  });
  let isBroken = false;
  const end = (): void => {
    isBroken = true;
    client.end().catch(() => undefined); // what it says when it is already gone is no news
  };
  client.on("error", end);
  client.on("end", end);
  await within(timeoutSeconds, "connecting", client.connect(), end);
  return {
    get isBroken() {
      return isBroken;
    },
    close: end,
    async query(sql, values = []) {
      try {
        const { rows, rowCount } = await client.query<Row>(sql, values.map(parameter));
        return { rows, changes: rowCount ?? 0 };
      } catch (error) {
        if (error instanceof DatabaseError && error.severity === "FATAL") end();
        throw error;
      }
    },
  };
}

function postgresTls(tls: SqlServerTls): object {
  // Any name will do: `pg` names the host that it connects to.
  return tls.verify === "full" ? tlsOptions(tls) : { ...tlsOptions(tls), checkServerIdentity: () => undefined };
}

function parameter(value: SqlValue): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

const BOOLEAN: number = types.builtins.BOOL;
const BYTES: number = types.builtins.BYTEA;

/** Everything stays the text that it came as, so that no digit of a time is lost; but bytes, and flags. */
function typeParser(oid: number): (text: string) => SqlValue {
  if (oid === BOOLEAN) return (text) => (text === "t" ? 1 : 0);
  if (oid === BYTES) return types.getTypeParser(types.builtins.BYTEA, "text"); // it knows both ways of printing them
  return (text) => text;
}

/** By SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html. */
function failureKind(error: unknown): FailureKind | undefined {
  if (!(error instanceof DatabaseError) || error.code === undefined) return undefined;
  const { code } = error;
  if (code === "23505") return error.schema === "pg_catalog" ? "busy" : "conflict";
  if (BUSY.has(code)) return "busy";
  if (UNWRITABLE.has(code)) return "unwritable";
  if (code.startsWith("22") || code.startsWith("54")) return "refused"; // data exceptions, program limits
  return "unusable";
}

const BUSY: ReadonlySet<string> = new Set([
  "40001", // serialization failure
  "40P01", // deadlock
  "55P03", // lock not available
  "42P07", // a table, 42701: a column exists: another program makes the schema at this moment
  "42701",
]);

const UNWRITABLE: ReadonlySet<string> = new Set([
  "25006", // read-only
  "53100", // disk full
]);

/** Chosen once, so that every replica asks for the same lock. */
const SCHEMA_LOCK = 7_341_998_215;

async function withSchemaLock<R>(connection: SqlConnection, work: () => Promise<R>): Promise<R> {
  await connection.query("BEGIN");
  try {
    await connection.query("SET LOCAL TIME ZONE 'UTC'"); // times among the schema's defaults have no zone
    await connection.query(`SELECT pg_advisory_xact_lock(${SCHEMA_LOCK})`);
    const result = await work();
    await connection.query("COMMIT");
    return result;
  } catch (error) {
    await connection.query("ROLLBACK").catch(() => connection.close());
    throw error;
  }
}
