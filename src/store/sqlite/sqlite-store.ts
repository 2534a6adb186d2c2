import { systemClock } from "../../protocol/clock.ts";
import type { Store } from "../ports.ts";
import { redeemedCodeTable, revokedTokenTable, sessionTable } from "./gatehouse-tables.ts";
import { KEYS_ROW, keysTable } from "./keys-table.ts";
import { offlineSessionTable } from "./offline-session-table.ts";
import { authCodeTable, authRequestTable, clientTable, passwordTable, refreshTokenTable } from "./provider-tables.ts";
import { SqliteDatabase, type SqliteDeps } from "./sqlite-database.ts";
import { createSqliteLeases } from "./sqlite-leases.ts";
import { createTableCollection, createTableSingleton, removeExpired } from "./table-collection.ts";

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
    clients: createTableCollection(database, clientTable, "clients"),
    authRequests: createTableCollection(database, authRequestTable, "authRequests"),
    authCodes: createTableCollection(database, authCodeTable, "authCodes"),
    refreshTokens: createTableCollection(database, refreshTokenTable, "refreshTokens"),
    offlineSessions: createTableCollection(database, offlineSessionTable, "offlineSessions"),
    passwords: createTableCollection(database, passwordTable, "passwords"),
    keys: createTableSingleton(database, keysTable, KEYS_ROW),
    redeemedCodes: createTableCollection(database, redeemedCodeTable, "redeemedCodes"),
    revokedTokens: createTableCollection(database, revokedTokenTable, "revokedTokens"),
    sessions: createTableCollection(database, sessionTable, "sessions"),
    leases: createSqliteLeases(database, deps.clock ?? systemClock),
    removeExpired: (now, limit) =>
      database.run({ name: "removeExpired", writes: true }, (connection) => {
        const leases = connection.prepare(
          "DELETE FROM gatehouse_lease WHERE name IN (SELECT name FROM gatehouse_lease WHERE expires_at < ? LIMIT ?)",
        );
        return (
          removeExpired(connection, authRequestTable, now, limit) +
          removeExpired(connection, authCodeTable, now, limit) +
          removeExpired(connection, redeemedCodeTable, now, limit) +
          removeExpired(connection, revokedTokenTable, now, limit) +
          removeExpired(connection, sessionTable, now, limit) +
          Number(leases.run(now, limit).changes)
        );
      }),
    ping: () => database.ping(),
    close: async () => database.close(),
  };
}
