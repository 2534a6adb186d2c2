import { systemClock, type Clock } from "../../protocol/clock.ts";
import type { Leases, Store } from "../ports.ts";
import { releaseLeaseSql } from "./lease-sql.ts";
import { createServerCollection } from "./server-collection.ts";
import { ServerDatabase, type ServerDeps } from "./server-database.ts";
import type { SqlConnection, SqlServer, SqlServerDriver } from "./server-driver.ts";
import { EXPIRING_TABLES, sqlCollections } from "./sql-collections.ts";
import { tableSql } from "./table-sql.ts";
import { expiryRange, type Table } from "./table.ts";

export interface ServerStoreDeps extends ServerDeps {
  /** Decides when a lease ends. Default: the system's clock. */
  readonly clock?: Clock;
}

/** A store on a database server. Never throws: connections are opened when they are needed. */
export function openServerStore(deps: ServerStoreDeps, driver: SqlServerDriver, server: SqlServer): Store {
  const database = new ServerDatabase(deps, driver, server);
  return {
    ...sqlCollections((table, label) => createServerCollection(database, table, label)),
    leases: createServerLeases(database, deps.clock ?? systemClock),
    removeExpired: (now, limit) =>
      database.run({ name: "removeExpired", writes: true }, async (connection) => {
        let removed = 0;
        for (const table of EXPIRING_TABLES) removed += await removeExpired(connection, driver, table, [now, limit]);
        return removed;
      }),
    ping: () => database.ping(),
    close: async () => database.close(),
  };
}

async function removeExpired(
  connection: SqlConnection,
  { flavour }: SqlServerDriver,
  table: Table<unknown>,
  [now, limit]: readonly [number, number],
): Promise<number> {
  const values = [...expiryRange(table, now, flavour), String(limit)];
  return (await connection.query(tableSql(table, flavour).removeExpired, values)).changes;
}

/** Leases as rows: each statement that takes one holds by itself, so exactly one holder wins. */
function createServerLeases(database: ServerDatabase, clock: Clock): Leases {
  const release = releaseLeaseSql(database.driver.flavour.placeholder);
  return {
    acquire: (name, holder, ttlSeconds) =>
      database.run({ name: "leases.acquire", writes: true }, (connection) => {
        const now = clock();
        return database.driver.acquireLease(connection, { name, holder, expiresAt: now + ttlSeconds }, now);
      }),
    release: (name, holder) =>
      database.run({ name: "leases.release", writes: true }, async (connection) => {
        await connection.query(release, [name, holder]);
      }),
  };
}
