import type { SigningKeys, VerificationKey } from "../../provider/storage-model.ts";
import { formatColumnTime, formatJsonTime, parseGoTime } from "./go-time.ts";
import { damaged, json, record, time, toJson } from "./row.ts";
import type { Table } from "./table.ts";

/** The key of the one row of dex's `keys` table. */
export const KEYS_ROW = "keys";

/** dex's `keys` table: one row with all signing keys, as JWKs. */
export const keysTable: Table<SigningKeys> = {
  name: "keys",
  keyColumns: ["id"],
  parseKey: (id) => [id],
  columns: {
    id: () => KEYS_ROW,
    verification_keys: (keys) => toJson(keys.verificationKeys.map(encodeVerificationKey)),
    signing_key: (keys) => toJson(keys.signingKey ?? null),
    signing_key_pub: (keys) => toJson(keys.signingKeyPub ?? null),
    next_rotation: (keys) => formatColumnTime(keys.nextRotation),
  },
  decode: (row) => {
    const signingKey = record(json(row, "signing_key"), "signing_key");
    const signingKeyPub = record(json(row, "signing_key_pub"), "signing_key_pub");
    return {
      ...(signingKey === undefined ? {} : { signingKey }),
      ...(signingKeyPub === undefined ? {} : { signingKeyPub }),
      verificationKeys: decodeVerificationKeys(json(row, "verification_keys")),
      nextRotation: time(row, "next_rotation"),
    };
  },
};

function encodeVerificationKey(key: VerificationKey): unknown {
  return { publicKey: key.publicKey, expiry: formatJsonTime(key.expiry) };
}

function decodeVerificationKeys(value: unknown): readonly VerificationKey[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw damaged("verification_keys");
  return value.map((item) => {
    const { publicKey, expiry } = record(item, "verification_keys") ?? {};
    const jwk = record(publicKey, "verification_keys");
    if (jwk === undefined || typeof expiry !== "string") throw damaged("verification_keys");
    return { publicKey: jwk, expiry: parseGoTime(expiry) };
  });
}
