import type { SigningKeys, VerificationKey } from "../../provider/storage-model.ts";
import { jsonField, timeField, type Field } from "./field.ts";
import { formatJsonTime, parseGoTime } from "./go-time.ts";
import { damaged, record } from "./row.ts";
import { defineTable } from "./table.ts";

/** The key of the one row of dex's `keys` table. */
export const KEYS_ROW = "keys";

/** dex's `keys` table: one row with all signing keys, as JWKs. */
export const keysTable = defineTable<SigningKeys>({
  name: "keys",
  key: ["id"],
  constants: { id: KEYS_ROW },
  fields: {
    verificationKeys: jsonField("verification_keys", (keys) => keys.map(encodeVerificationKey), decodeVerificationKeys),
    signingKey: jwkField("signing_key"),
    signingKeyPub: jwkField("signing_key_pub"),
    nextRotation: timeField("next_rotation"),
  },
});

function jwkField(name: string): Field<Readonly<Record<string, unknown>> | undefined> {
  return jsonField(
    name,
    (jwk) => jwk,
    (value) => record(value, name),
  );
}

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
