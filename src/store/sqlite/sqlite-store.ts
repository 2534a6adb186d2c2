import { systemClock } from "../../protocol/clock.ts";
import type { Store } from "../ports.ts";
import { EXPIRING_TABLES, sqlCollections } from "../sql/sql-collections.ts";
import { SqliteDatabase, type SqliteDeps } from "./sqlite-database.ts";
import { createSqliteLeases } from "./sqlite-leases.ts";
import { createTableCollection, removeExpired } from "./table-collection.ts";

/**
 * The embedded store: one SQLite file that dex can open too. A file that dex wrote (v2.45.1 or newer) is taken over in
 * place, forward only.
 *
 * Never throws: the file is opened at the first operation, and opened again after it failed.
 *
 * @param file path of the file; its folder must exist. `:memory:` keeps nothing.
 */
export function openSqliteStore(deps: SqliteDeps, file: string): Store {
  const database = new SqliteDatabase(deps, file);
  return {
    ...sqlCollections((table, label) => createTableCollection(database, table, label)),
    leases: createSqliteLeases(database, deps.clock ?? systemClock),
    removeExpired: (now, limit) =>
      database.run({ name: "removeExpired", writes: true }, (connection) =>
        EXPIRING_TABLES.reduce((removed, table) => removed + removeExpired(connection, table, now, limit), 0),
      ),
    ping: () => database.ping(),
    close: async () => database.close(),
  };
}
