import { errors, jwtVerify, type JWTVerifyOptions, type JWTVerifyResult } from "jose";
import type { KeySet, KeySource } from "./key-source.ts";

/**
 * Verify a JWT's signature and what `options` ask for. Keys that do not fit, by name or by signature, may have been rotated:
 * they are asked for once more.
 *
 * @throws {Error} one of jose's when the token does not hold.
 * @throws {ConnectorError} `unreachable` when there are no keys.
 */
export async function verifyJwt(
  source: KeySource,
  jwksUri: string,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  const keys = await source.current(jwksUri);
  try {
    return await verifyWith(keys, token, options);
  } catch (error) {
    const rotated = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed;
    const renewed = rotated ? await source.renewed(jwksUri) : undefined;
    if (renewed === undefined) throw error;
    return verifyWith(renewed, token, options);
  }
}

async function verifyWith(keys: KeySet, token: string, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keys, options);
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return verifyWithEach(error, token, options);
    throw error;
  }
}

/** An upstream that does not name its keys: one of them must fit. */
async function verifyWithEach(
  matching: errors.JWKSMultipleMatchingKeys,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  for await (const key of matching) {
    try {
      return await jwtVerify(token, key, options);
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}
