import type { RedeemedCode, RevokedToken } from "../../provider/storage-model.ts";
import type { SessionRecord } from "../ports.ts";
import { flag, list, number, text, toFlag, toList } from "./row.ts";
import type { Table } from "./table.ts";

const asNumber = (time: number): number => time;

/** Signed-in browsers. Times are numbers: seconds since the epoch. */
export const sessionTable: Table<SessionRecord> = {
  name: "gatehouse_session",
  keyColumns: ["id"],
  parseKey: (id) => [id],
  columns: {
    id: (session) => session.id,
    secret_hash: (session) => session.secretHash,
    connector_id: (session) => session.connectorId,
    user_id: (session) => session.userId,
    username: (session) => session.username,
    preferred_username: (session) => session.preferredUsername,
    email: (session) => session.email,
    email_verified: (session) => toFlag(session.emailVerified),
    user_groups: (session) => toList(session.groups),
    sealed_tokens: (session) => session.sealedTokens,
    tokens_expire_at: (session) => session.tokensExpireAt,
    created_at: (session) => session.createdAt,
    last_seen_at: (session) => session.lastSeenAt,
    refreshed_at: (session) => session.refreshedAt,
    expires_at: (session) => session.expiresAt,
  },
  decode: (row) => ({
    id: text(row, "id"),
    secretHash: text(row, "secret_hash"),
    connectorId: text(row, "connector_id"),
    userId: text(row, "user_id"),
    username: text(row, "username"),
    preferredUsername: text(row, "preferred_username"),
    email: text(row, "email"),
    emailVerified: flag(row, "email_verified"),
    groups: list(row, "user_groups"),
    sealedTokens: text(row, "sealed_tokens"),
    tokensExpireAt: number(row, "tokens_expire_at"),
    createdAt: number(row, "created_at"),
    lastSeenAt: number(row, "last_seen_at"),
    refreshedAt: number(row, "refreshed_at"),
    expiresAt: number(row, "expires_at"),
  }),
  expiry: { column: "expires_at", format: asNumber },
};

/** What redeemed authorization codes led to. */
export const redeemedCodeTable: Table<RedeemedCode> = {
  name: "gatehouse_redeemed_code",
  keyColumns: ["code_id"],
  parseKey: (codeId) => [codeId],
  columns: {
    code_id: (code) => code.codeId,
    refresh_token_id: (code) => code.refreshTokenId,
    token_ids: (code) => toList(code.tokenIds),
    expiry: (code) => code.expiry,
  },
  decode: (row) => ({
    codeId: text(row, "code_id"),
    refreshTokenId: text(row, "refresh_token_id"),
    tokenIds: list(row, "token_ids"),
    expiry: number(row, "expiry"),
  }),
  expiry: { column: "expiry", format: asNumber },
};

/** Tokens that were revoked before they ended. */
export const revokedTokenTable: Table<RevokedToken> = {
  name: "gatehouse_revoked_token",
  keyColumns: ["token_id"],
  parseKey: (tokenId) => [tokenId],
  columns: {
    token_id: (token) => token.tokenId,
    expiry: (token) => token.expiry,
  },
  decode: (row) => ({ tokenId: text(row, "token_id"), expiry: number(row, "expiry") }),
  expiry: { column: "expiry", format: asNumber },
};
