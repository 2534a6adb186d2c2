/** What seals and opens the cookies of one name. */
export interface CookieKey {
  /** Part of what is signed. */
  readonly cookieName: string;
  /** The secret as it was typed. */
  readonly signingKey: Uint8Array;
  /** AES-128, -192 or -256. */
  readonly encryptionKey: Uint8Array;
  /** `cookie-expire`, seconds. 0: a cookie is never too old. */
  readonly lifetimeSeconds: number;
}

const AES_KEY_SIZES: readonly number[] = [16, 24, 32];

/**
 * The keys that oauth2-proxy makes of its `cookie-secret`. The signature uses the secret's characters as they were
 * typed. The encryption uses what they decode to, if they are base64url (padded or not) of 16, 24 or 32 bytes, else the
 * characters themselves. So 32 characters of the base64url alphabet are a key of 24 bytes, and base64 text with `+` or
 * `/` is not decoded.
 *
 * @returns undefined when neither has a length that AES takes.
 */
export function createCookieKey(
  cookieName: string,
  cookieSecret: string,
  lifetimeSeconds: number,
): CookieKey | undefined {
  const signingKey = new TextEncoder().encode(cookieSecret);
  const decoded = decodeSecret(cookieSecret);
  const encryptionKey = decoded !== undefined && AES_KEY_SIZES.includes(decoded.length) ? decoded : signingKey;
  if (!AES_KEY_SIZES.includes(encryptionKey.length)) return undefined;
  return { cookieName, signingKey, encryptionKey, lifetimeSeconds };
}

function decodeSecret(secret: string): Uint8Array | undefined {
  // The original's decoder skips line ends, so a secret file may end in one.
  const text = secret.replace(/[\r\n]/g, "").replace(/=+$/, "");
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) return undefined;
  return Buffer.from(text, "base64url");
}
