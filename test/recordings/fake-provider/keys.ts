import { type KeyObject, createHmac, generateKeyPairSync, sign } from "node:crypto";
import type { JsonObject } from "../scenario.ts";

/** A key that tokens are signed with. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicPem: string;
  readonly jwk: JsonObject;
}

/** By the names that recordings call them: `main`, and `other` that nobody was told about. */
export type SigningKeys = Readonly<Record<string, SigningKey>>;

/** Make the keys of one run. */
export function makeSigningKeys(): SigningKeys {
  return { main: makeKey("k1"), other: makeKey("k2") };
}

/** The key of that name. Throws when there is none. */
export function keyNamed(keys: SigningKeys, name: string): SigningKey {
  const key = keys[name];
  if (key === undefined) throw new Error(`no key is called ${name}`);
  return key;
}

/** What a token's header says, and who signs it. */
export interface TokenHeader {
  readonly key: SigningKey;
  /** `RS256`, or for tokens that must be refused `HS256` (with the client's secret) or `none`. */
  readonly alg: string;
  readonly kid?: string | undefined;
}

/** RFC 7515 §7.1 */
export function signToken(claims: JsonObject, { key, alg, kid }: TokenHeader): string {
  const header = { alg, typ: "JWT", kid: kid ?? key.kid };
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${signed}.${signatureOf(signed, alg, key)}`;
}

function signatureOf(signed: string, alg: string, { privateKey }: SigningKey): string {
  if (alg === "none") return "";
  if (alg === "HS256") return createHmac("sha256", "secret").update(signed).digest("base64url");
  return sign("sha256", Buffer.from(signed), privateKey).toString("base64url");
}

function makeKey(kid: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  // An RSA key's members are all text. RFC 7518 §6.3.1
  const { kty = "", n = "", e = "" } = publicKey.export({ format: "jwk" }) as Record<string, string>;
  return {
    kid,
    privateKey,
    publicPem: publicKey.export({ type: "spki", format: "pem" }),
    jwk: { kty, n, e, use: "sig", alg: "RS256", kid },
  };
}
