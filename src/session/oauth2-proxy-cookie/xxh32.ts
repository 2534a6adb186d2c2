const PRIME1 = 0x9e3779b1;
const PRIME2 = 0x85ebca77;
const PRIME3 = 0xc2b2ae3d;
const PRIME4 = 0x27d4eb2f;
const PRIME5 = 0x165667b1;

/**
 * XXH32 with seed 0, the checksum inside LZ4 frames. Not a security measure.
 *
 * @returns an unsigned 32-bit number.
 * @see https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export function xxh32(bytes: Uint8Array): number {
  const striped = bytes.length - (bytes.length % 16);
  let hash = bytes.length < 16 ? PRIME5 : hashStripes(bytes, striped);
  hash = (hash + bytes.length) | 0;
  let at = striped;
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotate(hash + Math.imul(uint32At(bytes, at), PRIME3), 17), PRIME4);
  }
  for (; at < bytes.length; at += 1) {
    hash = Math.imul(rotate(hash + Math.imul(bytes[at] ?? 0, PRIME5), 11), PRIME1);
  }
  return avalanche(hash);
}

/**
 * Four bytes as a little-endian number. Without a `DataView`, whose making costs more than to read a short array through it.
 *
 * @returns an unsigned 32-bit number; what lies beyond the end counts as 0.
 */
export function uint32At(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  const high = (bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8);
  return (low | (high << 16)) >>> 0;
}

function hashStripes(bytes: Uint8Array, length: number): number {
  let [a, b, c, d] = [PRIME1 + PRIME2, PRIME2, 0, -PRIME1];
  for (let at = 0; at < length; at += 16) {
    a = mix(a, uint32At(bytes, at));
    b = mix(b, uint32At(bytes, at + 4));
    c = mix(c, uint32At(bytes, at + 8));
    d = mix(d, uint32At(bytes, at + 12));
  }
  return rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
}

function mix(lane: number, word: number): number {
  return Math.imul(rotate(lane + Math.imul(word, PRIME2), 13), PRIME1);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function avalanche(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 15), PRIME2);
  mixed = Math.imul(mixed ^ (mixed >>> 13), PRIME3);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
