import { Secret } from "../../src/protocol/secret.ts";
import type { Store } from "../../src/store/ports.ts";
import { MYSQL_DRIVER } from "../../src/store/mysql/mysql-driver.ts";
import { openMysqlStore } from "../../src/store/mysql/mysql-store.ts";
import { POSTGRES_DRIVER } from "../../src/store/postgres/postgres-driver.ts";
import { openPostgresStore } from "../../src/store/postgres/postgres-store.ts";
import type { QueryResult, SqlServer, SqlServerDriver } from "../../src/store/sql/server-driver.ts";
import type { ServerStoreDeps } from "../../src/store/sql/server-store.ts";
import type { DatabaseServer, DatabaseServerOptions } from "./database-server.ts";
import { HAS_MARIADB, startMariadb } from "./mariadb-server.ts";
import { HAS_POSTGRES, startPostgres } from "./postgres-server.ts";

/** The stores that lie on a database server, each with a real one to start. */
export const SERVER_STORES: readonly ServerStoreKind[] = [
  { name: "postgres", isThere: HAS_POSTGRES, start: startPostgres, open: openPostgresStore, driver: POSTGRES_DRIVER },
  { name: "mariadb", isThere: HAS_MARIADB, start: startMariadb, open: openMysqlStore, driver: MYSQL_DRIVER },
];

export interface ServerStoreKind {
  readonly name: "postgres" | "mariadb";
  readonly isThere: boolean;
  start(options?: DatabaseServerOptions): Promise<DatabaseServer>;
  open(deps: ServerStoreDeps, server: SqlServer): Store;
  readonly driver: SqlServerDriver;
}

/** How to reach a database of a server. */
export function databaseAt(server: DatabaseServer, more: Partial<SqlServer> = {}): SqlServer {
  return {
    host: server.host,
    port: server.port,
    database: server.database,
    user: server.user,
    password: new Secret(server.password),
    connectionTimeoutSeconds: 5,
    maxOpenConnections: 5,
    maxIdleConnections: 5,
    maxLifetimeSeconds: 0,
    ...more,
  };
}

/** Ask a database on a connection of its own. */
export async function query(kind: ServerStoreKind, at: SqlServer, sql: string): Promise<QueryResult["rows"]> {
  const connection = await kind.driver.connect(at, 5);
  try {
    return (await connection.query(sql)).rows;
  } finally {
    connection.close();
  }
}
