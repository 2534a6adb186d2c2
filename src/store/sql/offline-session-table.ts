import type { OfflineSession, RefreshTokenRef } from "../../provider/storage-model.ts";
import { bytesField, jsonField, textField } from "./field.ts";
import { formatJsonTime, parseGoTime } from "./go-time.ts";
import { damaged, json, record, type Row } from "./row.ts";
import { defineTable, parsePersonKey } from "./table.ts";

/** dex's `offline_session` table. Its `refresh` column is a JSON object by client id, with Go's field names. */
export const offlineSessionTable = defineTable<OfflineSession>({
  name: "offline_session",
  key: ["conn_id", "user_id"],
  parseKey: parsePersonKey,
  fields: {
    userId: textField("user_id"),
    connectorId: textField("conn_id"),
    refresh: jsonField("refresh", encodeRefresh, decodeRefresh),
    connectorData: bytesField("connector_data"),
  },
});

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

function decodeRefresh(value: unknown): Readonly<Record<string, RefreshTokenRef>> {
  const stored = record(value, "refresh") ?? {};
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
