import { importPKCS8 } from "jose";
import { createPrivateKey } from "node:crypto";

/**
 * An RSA private key that signs RS256, from PEM text of either form (PKCS #1 or PKCS #8).
 * @throws {Error} when it is none. The message names nothing of the text.
 */
export async function importRsaKey(pem: string): Promise<CryptoKey> {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== "rsa") throw new Error("it is not an RSA key");
  return importPKCS8(key.export({ type: "pkcs8", format: "pem" }), "RS256");
}
