import type { Secret } from "../../protocol/secret.ts";
import type { Pooled } from "./connection-pool.ts";
import type { LeaseRow } from "./gatehouse-tables.ts";
import type { Row, SqlValue } from "./row.ts";
import type { SqlFlavour } from "./sql-flavour.ts";
import type { FailureKind } from "./trouble.ts";

/** Where a database server is, and how to get in. */
export interface SqlServer {
  /** Host name or address without brackets, or the path of a socket: for PostgreSQL its folder, for MySQL the socket itself. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: Secret;
  /** 0 = 10 seconds. */
  readonly connectionTimeoutSeconds: number;
  /** At least 1. */
  readonly maxOpenConnections: number;
  readonly maxIdleConnections: number;
  /** A connection is closed after it; 0 = never. */
  readonly maxLifetimeSeconds: number;
  /** Absent = plain text. */
  readonly tls?: SqlServerTls;
}

export interface SqlServerTls {
  /** `encrypt`: any certificate will do; `authority`: one of a known authority; `full`: and for this host. */
  readonly verify: "encrypt" | "authority" | "full";
  /** PEM texts; empty = the system's authorities, no client certificate. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: Secret;
}

export interface QueryResult {
  readonly rows: readonly Row[];
  /** Rows that an UPDATE or DELETE found, or an INSERT made. */
  readonly changes: number;
}

/** An open connection to a database server. */
export interface SqlConnection extends Pooled {
  /** Flags come back as 0 and 1, times as text, bytes as bytes. */
  query(sql: string, values?: readonly SqlValue[]): Promise<QueryResult>;
}

/** What is one server family's own. */
export interface SqlServerDriver {
  readonly flavour: SqlFlavour;
  connect(server: SqlServer, timeoutSeconds: number): Promise<SqlConnection>;
  /** @returns undefined when the error is not the server's. */
  failureKind(error: unknown): FailureKind | undefined;
  /** What an error says, for the log: without any value of a row. */
  reason(error: unknown): string;
  /** Lists the names of the database's tables, in a column `name`. */
  readonly listTables: string;
  /** Take a lease or keep it, unless another holder has it at the time of `now`. @returns is it the holder's? */
  acquireLease(connection: SqlConnection, lease: LeaseRow, now: number): Promise<boolean>;
  /** Do something with the schema while no other replica does; as a whole or not at all where the server can. */
  withSchemaLock<R>(connection: SqlConnection, work: () => Promise<R>): Promise<R>;
  /** Does this failure of a step of the schema say that it was taken before, and then interrupted? */
  isTakenStep(error: unknown): boolean;
}

/** TLS as Node takes it. */
export function tlsOptions(tls: SqlServerTls): {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
} {
  return {
    rejectUnauthorized: tls.verify !== "encrypt",
    ...(tls.authority === "" ? {} : { ca: tls.authority }),
    ...(tls.certificate === "" ? {} : { cert: tls.certificate, key: tls.key.reveal() }),
  };
}

/** @throws {Error} when `promise` takes longer; then `end` is called. */
export async function within<R>(seconds: number, what: string, promise: Promise<R>, end: () => void): Promise<R> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what} took longer than ${seconds} s`));
      end();
    }, seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
