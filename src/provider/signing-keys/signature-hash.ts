/**
 * What is hashed before it is signed by a JWS algorithm (RFC 7518 §3.1), in the names of `node:crypto`; undefined for EdDSA, which
 * signs the text itself (RFC 8037 §3.1).
 */
export function hashOf(algorithm: string): "sha256" | "sha384" | "sha512" | undefined {
  if (algorithm === "EdDSA") return undefined;
  if (algorithm.endsWith("384")) return "sha384";
  return algorithm.endsWith("512") ? "sha512" : "sha256";
}
