const KEY_LENGTHS: readonly number[] = [16, 24, 32];

/**
 * How many bytes of AES key a cookie secret gives, by the original's rule: the secret decoded as base64url (padding
 * and line ends aside) when that gives 16, 24 or 32 bytes, else its own bytes.
 *
 * @see the original's `SecretBytes`: base64 with `+` or `/` is not decoded.
 */
export function cookieSecretLength(secret: string): number {
  const body = secret.replace(/=+$/, "").replaceAll(/[\r\n]/g, "");
  if (/^[A-Za-z0-9_-]*$/.test(body) && body.length % 4 !== 1) {
    const decoded = Math.floor((body.length * 3) / 4);
    if (KEY_LENGTHS.includes(decoded)) return decoded;
  }
  return new TextEncoder().encode(secret).length;
}

/** Whether AES takes a key of this many bytes. */
export const isKeyLength = (length: number): boolean => KEY_LENGTHS.includes(length);
