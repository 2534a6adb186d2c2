/** The shortest match that can be written. */
const MIN_MATCH = 4;
/** The shortest that is looked for: shorter ones save a byte at most, and the original does not find them either. */
const MIN_GAIN = 6;
/** The last match starts at least this far from the end, and the last five bytes are literals (block format, end rules). */
const MATCH_MARGIN = 12;
const LAST_LITERALS = 5;
const MAX_DISTANCE = 65535;
const HASH_BITS = 12;

/**
 * Compress one LZ4 block, greedily.
 *
 * @returns undefined when it does not get smaller.
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
export function compressBlock(input: Uint8Array): Uint8Array | undefined {
  const output = new BlockWriter(input.length - 1);
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const lastSeen = new Int32Array(1 << HASH_BITS).fill(-1);
  let anchor = 0;
  let at = 0;
  while (at <= input.length - MATCH_MARGIN) {
    const word = view.getUint32(at, true);
    const slot = Math.imul(word, 2654435761) >>> (32 - HASH_BITS);
    const candidate = lastSeen[slot] ?? -1;
    lastSeen[slot] = at;
    const isMatch = candidate >= 0 && at - candidate <= MAX_DISTANCE && view.getUint32(candidate, true) === word;
    const length = isMatch ? matchLength(input, candidate, at) : 0;
    if (length < MIN_GAIN) {
      at += 1;
      continue;
    }
    output.sequence(input.subarray(anchor, at), at - candidate, length);
    at += length;
    anchor = at;
  }
  output.sequence(input.subarray(anchor), 0, 0);
  return output.result();
}

function matchLength(input: Uint8Array, candidate: number, at: number): number {
  const limit = input.length - LAST_LITERALS;
  let length = MIN_MATCH;
  while (at + length < limit && input[candidate + length] === input[at + length]) length += 1;
  return length;
}

/** Writes sequences until there is no more room; then there is no result. */
class BlockWriter {
  readonly #bytes: Uint8Array;
  #length = 0;
  #full = false;

  constructor(room: number) {
    this.#bytes = new Uint8Array(Math.max(room, 0));
  }

  /** Literals, then a match; a distance of 0 stands for the last sequence, which has no match. */
  sequence(literals: Uint8Array, distance: number, matched: number): void {
    const extra = distance === 0 ? 0 : matched - MIN_MATCH;
    this.#byte((Math.min(literals.length, 15) << 4) | Math.min(extra, 15));
    this.#lengthRest(literals.length);
    for (const literal of literals) this.#byte(literal);
    if (distance === 0) return;
    this.#byte(distance & 0xff);
    this.#byte(distance >> 8);
    this.#lengthRest(extra);
  }

  result(): Uint8Array | undefined {
    return this.#full ? undefined : this.#bytes.subarray(0, this.#length);
  }

  #lengthRest(length: number): void {
    if (length < 15) return;
    let rest = length - 15;
    for (; rest >= 255; rest -= 255) this.#byte(255);
    this.#byte(rest);
  }

  #byte(value: number): void {
    if (this.#length >= this.#bytes.length) this.#full = true;
    else this.#bytes[this.#length++] = value;
  }
}

/**
 * Decompress one LZ4 block to the end of what is there already.
 *
 * @param output receives the bytes; its length is the bound.
 * @param start where they go. Matches may reach back to `windowStart`.
 * @returns where the output ends now; undefined when the block is damaged or does not fit.
 */
export function decompressBlock(
  block: Uint8Array,
  output: Uint8Array,
  start: number,
  windowStart: number,
): number | undefined {
  const reader = { block, at: 0 };
  let end = start;
  for (;;) {
    const token = block[reader.at++] ?? 0; // past the end nothing is read below
    const literals = readLength(reader, token >> 4);
    if (reader.at + literals > block.length || end + literals > output.length) return undefined;
    output.set(block.subarray(reader.at, reader.at + literals), end);
    reader.at += literals;
    end += literals;
    if (reader.at === block.length) return end; // only the last sequence has no match
    const distance = readDistance(reader);
    const length = readLength(reader, token & 15) + MIN_MATCH;
    if (distance === 0 || end - distance < windowStart || end + length > output.length) return undefined;
    for (let count = 0; count < length; count += 1, end += 1) output[end] = output[end - distance] ?? 0; // may overlap
  }
}

interface BlockReader {
  readonly block: Uint8Array;
  at: number;
}

/** 0, which no match has, when it is cut off. */
function readDistance(reader: BlockReader): number {
  const [low, high] = [reader.block[reader.at], reader.block[reader.at + 1]];
  reader.at += 2;
  return low === undefined || high === undefined ? 0 : low | (high << 8);
}

/** A length of 15 goes on in the following bytes; Infinity when they are cut off, which no bound allows. */
function readLength(reader: BlockReader, first: number): number {
  if (first < 15) return first;
  let length = first;
  for (;;) {
    const byte = reader.block[reader.at++];
    if (byte === undefined) return Infinity;
    length += byte;
    if (byte < 255) return length;
  }
}
