import type { PersonalClaims, RedeemedCode, RevokedToken } from "../../provider/storage-model.ts";
import type { SessionRecord } from "../ports.ts";
import { flagField, jsonField, listField, numberField, textField } from "./field.ts";
import { record } from "./row.ts";
import { defineTable, parsePersonKey } from "./table.ts";

/** Signed-in browsers. Times are numbers: seconds since the epoch. */
export const sessionTable = defineTable<SessionRecord>({
  name: "gatehouse_session",
  key: ["id"],
  fields: {
    id: textField("id"),
    secretHash: textField("secret_hash"),
    connectorId: textField("connector_id"),
    userId: textField("user_id"),
    username: textField("username"),
    preferredUsername: textField("preferred_username"),
    email: textField("email"),
    emailVerified: flagField("email_verified"),
    groups: listField("user_groups"),
    sealedTokens: textField("sealed_tokens"),
    tokensExpireAt: numberField("tokens_expire_at"),
    createdAt: numberField("created_at"),
    lastSeenAt: numberField("last_seen_at"),
    refreshedAt: numberField("refreshed_at"),
    expiresAt: numberField("expires_at"),
  },
  expiry: { column: "expires_at", kind: "number" },
});

/** What redeemed authorization codes led to. */
export const redeemedCodeTable = defineTable<RedeemedCode>({
  name: "gatehouse_redeemed_code",
  key: ["code_id"],
  fields: {
    codeId: textField("code_id"),
    refreshTokenId: textField("refresh_token_id"),
    tokenIds: listField("token_ids"),
    expiry: numberField("expiry"),
  },
  expiry: { column: "expiry", kind: "number" },
});

/** Tokens that were revoked before they ended. */
export const revokedTokenTable = defineTable<RevokedToken>({
  name: "gatehouse_revoked_token",
  key: ["token_id"],
  fields: { tokenId: textField("token_id"), expiry: numberField("expiry") },
  expiry: { column: "expiry", kind: "number" },
});

/** What dex has no columns for, about a person. */
export const personalClaimsTable = defineTable<PersonalClaims>({
  name: "gatehouse_personal_claims",
  key: ["connector_id", "user_id"],
  parseKey: parsePersonKey,
  fields: {
    userId: textField("user_id"),
    connectorId: textField("connector_id"),
    claims: jsonField(
      "claims",
      (claims) => claims,
      (value) => record(value, "claims") ?? {},
    ),
  },
});

/** Who holds a lease, and until when. */
export interface LeaseRow {
  readonly name: string;
  readonly holder: string;
  readonly expiresAt: number;
}

export const leaseTable = defineTable<LeaseRow>({
  name: "gatehouse_lease",
  key: ["name"],
  fields: { name: textField("name"), holder: textField("holder"), expiresAt: numberField("expires_at") },
  expiry: { column: "expires_at", kind: "number" },
});
