import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";

/** Seals small values so that they can be kept by somebody who must neither read nor change them. */
export interface KeyRing {
  /**
   * Encrypt and authenticate with the first key.
   *
   * @param context what the value is for, such as `login-transaction:<id>`. It is authenticated but not stored, so a value
   *   that was sealed for one purpose cannot be replayed for another.
   * @returns `<key id>.<nonce, ciphertext, tag>` in base64url: safe in a cookie, 48 characters longer than 4/3 of the plaintext.
   */
  seal(plaintext: Uint8Array, context: string): string;
  /** @returns undefined for anything that was not sealed by a key of this ring for this context; never throws. */
  open(sealed: string, context: string): Uint8Array | undefined;
}

interface RingKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A key ring: the first key seals, all keys open, so a key is rotated by putting the new one in front and
 * dropping the old one when everything it sealed has ended.
 *
 * AES-256-GCM with a random nonce: good for 2^32 values a key (NIST SP 800-38D §8.3).
 *
 * @param keys 32 random bytes each, at least one.
 * @throws {RangeError} when there is no key or one has another length.
 */
export function createKeyRing(keys: readonly Uint8Array[]): KeyRing {
  const [first, ...others] = keys.map(ringKey);
  if (first === undefined) throw new RangeError("a key ring needs at least one key");
  const byId = new Map([...others.toReversed(), first].map((key) => [key.id, key]));
  return {
    seal: (plaintext, context) => seal(first, plaintext, context),
    open: (sealed, context) => open(byId, sealed, context),
  };
}

function ringKey(bytes: Uint8Array): RingKey {
  if (bytes.length !== KEY_BYTES) throw new RangeError(`a key must be ${KEY_BYTES} bytes long, not ${bytes.length}`);
  const id = createHmac("sha256", bytes).update("gatehouse key id").digest().subarray(0, 6).toString("base64url");
  return { id, bytes: Uint8Array.from(bytes) };
}

function seal(key: RingKey, plaintext: Uint8Array, context: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key.bytes, nonce);
  cipher.setAAD(Buffer.from(context));
  const body = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return `${key.id}.${body.toString("base64url")}`;
}

function open(keys: ReadonlyMap<string, RingKey>, sealed: string, context: string): Uint8Array | undefined {
  const dot = sealed.indexOf(".");
  const key = keys.get(sealed.slice(0, Math.max(dot, 0)));
  const text = sealed.slice(dot + 1);
  const body = Buffer.from(text, "base64url");
  // The decoder skips characters it does not know: only the one canonical spelling is accepted.
  if (key === undefined || body.length < NONCE_BYTES + TAG_BYTES || body.toString("base64url") !== text)
    return undefined;
  try {
    const decipher = createDecipheriv(ALGORITHM, key.bytes, body.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(body.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}
