import { randomBytes } from "node:crypto";

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/**
 * A random identifier of dex's form: a letter, then lower-case base32 without padding.
 *
 * @param byteCount 16 (the default) gives 25 characters with 124 bits of randomness; 32 gives 51.
 */
export function randomId(byteCount = 16): string {
  const [first = 0, ...rest] = randomBytes(byteCount);
  return BASE32.charAt(first % 26) + base32(rest);
}

function base32(bytes: readonly number[]): string {
  let [text, bits, value] = ["", 0, 0];
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32.charAt((value >>> (bits - 5)) & 31);
    value &= 31;
  }
  return bits > 0 ? text + BASE32.charAt((value << (5 - bits)) & 31) : text;
}
