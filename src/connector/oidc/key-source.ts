import { createPublicKey } from "node:crypto";
import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from "jose";

export type KeySet = JWTVerifyGetKey;

/** Where the keys come from that an upstream signs with. */
export interface KeySource {
  /** @throws {ConnectorError} `unreachable` when there are none. */
  current(uri: string): Promise<KeySet>;
  /**
   * The keys once more, for a token that none of them fits.
   * @returns undefined when there is nothing new to be had now.
   * @throws {ConnectorError} `unreachable`.
   */
  renewed(uri: string): Promise<KeySet | undefined>;
}

/**
 * Keys from the configuration, the only ones that are believed. They have no names, so a token's key id is not looked at.
 *
 * @param pems PEM texts, such as `-----BEGIN PUBLIC KEY-----`.
 * @throws {Error} naming the first that is not a public key.
 */
export function createStaticKeys(pems: readonly string[]): KeySource {
  const set = createLocalJWKSet({ keys: pems.map(parsePublicKey) });
  const keys: KeySet = (header, token) => {
    const nameless = { ...header };
    delete nameless.kid;
    return set(nameless, token);
  };
  return { current: () => Promise.resolve(keys), renewed: () => Promise.resolve(undefined) };
}

function parsePublicKey(pem: string, index: number): JWK {
  try {
    const { kty, ...rest } = createPublicKey(pem).export({ format: "jwk" });
    return { ...rest, kty: String(kty) };
  } catch {
    throw new Error(`public key ${index + 1} of the identity provider is not a PEM public key`);
  }
}
