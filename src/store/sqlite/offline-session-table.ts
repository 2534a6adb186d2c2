import type { OfflineSession, RefreshTokenRef } from "../../provider/storage-model.ts";
import { formatJsonTime, parseGoTime } from "./go-time.ts";
import { bytes, damaged, json, record, text, toJson, type Row } from "./row.ts";
import type { Table } from "./table.ts";

/** dex's `offline_session` table. Its `refresh` column is a JSON object by client id, with Go's field names. */
export const offlineSessionTable: Table<OfflineSession> = {
  name: "offline_session",
  keyColumns: ["conn_id", "user_id"],
  parseKey: (key) => {
    const end = key.indexOf("\n");
    return [key.slice(0, end), key.slice(end + 1)];
  },
  columns: {
    user_id: (session) => session.userId,
    conn_id: (session) => session.connectorId,
    refresh: (session, stored) => toJson(encodeRefresh(session.refresh, stored)),
    connector_data: (session) => session.connectorData ?? null,
  },
  decode: (row) => {
    const connectorData = bytes(row, "connector_data");
    return {
      userId: text(row, "user_id"),
      connectorId: text(row, "conn_id"),
      refresh: decodeRefresh(row),
      ...(connectorData === undefined ? {} : { connectorData }),
    };
  },
};

/** What stands beside our fields in a stored reference (`SessionID`) stays, as long as it is the same refresh token. */
function encodeRefresh(refresh: OfflineSession["refresh"], stored: Row | undefined): Record<string, unknown> {
  const before = stored === undefined ? undefined : record(json(stored, "refresh"), "refresh");
  const clients = Object.entries(refresh).sort(([a], [b]) => (a < b ? -1 : 1)); // as Go writes maps
  return Object.fromEntries(
    clients.map(([clientId, ref]) => [clientId, encodeRef(ref, record(before?.[clientId], "refresh"))]),
  );
}

function encodeRef(ref: RefreshTokenRef, stored: Readonly<Record<string, unknown>> | undefined): unknown {
  return {
    SessionID: "",
    ...(stored?.["ID"] === ref.id ? stored : {}),
    ID: ref.id,
    ClientID: ref.clientId,
    CreatedAt: formatJsonTime(ref.createdAt),
    LastUsed: formatJsonTime(ref.lastUsed),
  };
}

function decodeRefresh(row: Row): Readonly<Record<string, RefreshTokenRef>> {
  const stored = record(json(row, "refresh"), "refresh") ?? {};
  return Object.fromEntries(Object.entries(stored).map(([clientId, ref]) => [clientId, decodeRef(ref)]));
}

function decodeRef(value: unknown): RefreshTokenRef {
  const { ID: id, ClientID: clientId, CreatedAt: createdAt, LastUsed: lastUsed } = record(value, "refresh") ?? {};
  const complete =
    typeof id === "string" &&
    typeof clientId === "string" &&
    typeof createdAt === "string" &&
    typeof lastUsed === "string";
  if (!complete) throw damaged("refresh");
  return { id, clientId, createdAt: parseGoTime(createdAt), lastUsed: parseGoTime(lastUsed) };
}
