import { createHash, verify } from "node:crypto";

import { goJson } from "../../protocol/go-json.ts";
import type { KeySet, SigningKey } from "./create-signing-keys.ts";
import { hashOf } from "./signature-hash.ts";

/** Claims of a token that was verified. */
export type VerifiedClaims = Readonly<Record<string, unknown>>;

/** A compact JWS over claims (RFC 7515 §3.1), header and payload as dex writes them. */
export async function signJwt(key: SigningKey, claims: object, type?: string): Promise<string> {
  const header = goJson({ alg: key.algorithm, kid: key.kid, typ: type });
  const input = `${Buffer.from(header).toString("base64url")}.${Buffer.from(goJson(claims)).toString("base64url")}`;
  const signature = await key.sign(Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString("base64url")}`;
}

export interface VerifiedJwt {
  readonly claims: VerifiedClaims;
  /** The payload's very bytes, as text. */
  readonly payload: string;
  /** `typ` of the header; empty when absent. */
  readonly type: string;
}

/**
 * Check the signature of a compact JWS by one of our keys. Times and issuer are the caller's to check.
 *
 * The algorithm is the one the key was made for, whatever the header says (RFC 8725 §3.1).
 *
 * @returns undefined when it is none, or by none of our keys.
 */
export function verifyJwt(keys: KeySet, token: string): VerifiedJwt | undefined {
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined;
  const [header = "", payload = "", signature = ""] = token.split(".");
  const head = parseObject(header);
  if (head === undefined || !isGenuine(keys, head, `${header}.${payload}`, signature)) return undefined;
  const claims = parseObject(payload);
  if (claims === undefined) return undefined;
  const type = typeof head["typ"] === "string" ? head["typ"] : "";
  return { claims, payload: Buffer.from(payload, "base64url").toString(), type };
}

function isGenuine(keys: KeySet, head: VerifiedClaims, input: string, signature: string): boolean {
  const key = typeof head["kid"] === "string" ? keys.verifying.get(head["kid"]) : undefined;
  if (key === undefined || head["alg"] !== key.algorithm || head["crit"] !== undefined) return false;
  const verifyKey = { key: key.key, dsaEncoding: "ieee-p1363" } as const;
  return verify(hashOf(key.algorithm), Buffer.from(input), verifyKey, Buffer.from(signature, "base64url"));
}

/** Which key a token names; empty when it names none. */
export function keyIdOf(token: string): string {
  const kid = parseObject(token.split(".")[0] ?? "")?.["kid"];
  return typeof kid === "string" ? kid : "";
}

/** The claims of a token that is believed for another reason than its signature; none when it is no JWT. */
export function unverifiedClaims(token: string): VerifiedClaims {
  return parseObject(token.split(".")[1] ?? "") ?? {};
}

/**
 * `at_hash` and `c_hash`: the left half of the hash that the token's own algorithm uses (OpenID Connect Core §3.1.3.6,
 * §3.3.2.11). That of Ed25519 is SHA-512 (RFC 8032 §5.1).
 */
export function halfHash(text: string, algorithm: string): string {
  const digest = createHash(hashOf(algorithm) ?? "sha512")
    .update(text)
    .digest();
  return digest.subarray(0, digest.length / 2).toString("base64url");
}

function parseObject(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    // Checked right here: an object's members are unknown until looked at.
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
