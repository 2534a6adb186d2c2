import type { Collection, Store } from "../ports.ts";
import { singletonOf } from "./collection-operations.ts";
import {
  leaseTable,
  personalClaimsTable,
  redeemedCodeTable,
  revokedTokenTable,
  sessionTable,
} from "./gatehouse-tables.ts";
import { KEYS_ROW, keysTable } from "./keys-table.ts";
import { offlineSessionTable } from "./offline-session-table.ts";
import {
  authCodeTable,
  authRequestTable,
  clientTable,
  connectorTable,
  deviceRequestTable,
  deviceTokenTable,
  passwordTable,
  refreshTokenTable,
} from "./provider-tables.ts";
import type { Table } from "./table.ts";

/** Everything of a store that lies in tables of its own. */
export function sqlCollections(
  collection: <T>(table: Table<T>, label: string) => Collection<T>,
): Omit<Store, "leases" | "removeExpired" | "ping" | "close"> {
  return {
    clients: collection(clientTable, "clients"),
    authRequests: collection(authRequestTable, "authRequests"),
    authCodes: collection(authCodeTable, "authCodes"),
    refreshTokens: collection(refreshTokenTable, "refreshTokens"),
    offlineSessions: collection(offlineSessionTable, "offlineSessions"),
    passwords: collection(passwordTable, "passwords"),
    connectors: collection(connectorTable, "connectors"),
    deviceRequests: collection(deviceRequestTable, "deviceRequests"),
    deviceTokens: collection(deviceTokenTable, "deviceTokens"),
    personalClaims: collection(personalClaimsTable, "personalClaims"),
    keys: singletonOf(collection(keysTable, "keys"), KEYS_ROW),
    redeemedCodes: collection(redeemedCodeTable, "redeemedCodes"),
    revokedTokens: collection(revokedTokenTable, "revokedTokens"),
    sessions: collection(sessionTable, "sessions"),
  };
}

/** The tables whose objects end by themselves. */
export const EXPIRING_TABLES: readonly Table<unknown>[] = [
  authRequestTable,
  authCodeTable,
  deviceRequestTable,
  deviceTokenTable,
  redeemedCodeTable,
  revokedTokenTable,
  sessionTable,
  leaseTable,
];
