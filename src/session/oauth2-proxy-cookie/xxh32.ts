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
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const striped = bytes.length - (bytes.length % 16);
  let hash = bytes.length < 16 ? PRIME5 : hashStripes(view, striped);
  hash = (hash + bytes.length) | 0;
  let at = striped;
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotate(hash + Math.imul(view.getUint32(at, true), PRIME3), 17), PRIME4);
  }
  for (; at < bytes.length; at += 1) {
    hash = Math.imul(rotate(hash + Math.imul(view.getUint8(at), PRIME5), 11), PRIME1);
  }
  return avalanche(hash);
}

function hashStripes(view: DataView, length: number): number {
  let [a, b, c, d] = [PRIME1 + PRIME2, PRIME2, 0, -PRIME1];
  for (let at = 0; at < length; at += 16) {
    a = mix(a, view.getUint32(at, true));
    b = mix(b, view.getUint32(at + 4, true));
    c = mix(c, view.getUint32(at + 8, true));
    d = mix(d, view.getUint32(at + 12, true));
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
