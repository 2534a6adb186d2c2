/**
 * What a message can hold. Times are seconds since the epoch in an {@link PackedTime}; a map has text keys.
 * Integers beyond 2^53 lose their last digits.
 */
export type Packed = null | boolean | number | string | Uint8Array | PackedTime | readonly Packed[] | PackedMap;

export interface PackedMap {
  readonly [key: string]: Packed;
}

/** A time of MessagePack's timestamp extension (type -1). */
export class PackedTime {
  readonly seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

/** Values nested deeper than this are refused: the decoder calls itself. */
const MAX_DEPTH = 32;

/**
 * Read one message that fills the bytes to their end.
 *
 * @returns undefined when it is damaged, nested deeper than 32, has a key that is no text, or another extension.
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export function decodeMessagePack(bytes: Uint8Array): Packed | undefined {
  const { buffer, byteOffset, byteLength } = bytes;
  const reader: Reader = {
    bytes: Buffer.from(buffer, byteOffset, byteLength),
    view: new DataView(buffer, byteOffset, byteLength),
    at: 0,
  };
  try {
    const value = readValue(reader, 0);
    return reader.at === bytes.length ? value : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // the end of the bytes, or `malformed`
    throw error;
  }
}

interface Reader {
  readonly bytes: Buffer;
  readonly view: DataView;
  at: number;
}

function readValue(reader: Reader, depth: number): Packed {
  if (depth > MAX_DEPTH) throw malformed();
  const head = readUint(reader, 1);
  if (head <= 0x7f) return head;
  if (head <= 0x8f) return readMap(reader, head & 0x0f, depth);
  if (head <= 0x9f) return readArray(reader, head & 0x0f, depth);
  if (head <= 0xbf) return readText(reader, head & 0x1f);
  if (head >= 0xe0) return head - 0x100;
  return (READERS[head] ?? refuse)(reader, depth);
}

/** What follows each head byte from 0xc0 to 0xdf. */
const READERS: Readonly<Record<number, (reader: Reader, depth: number) => Packed>> = {
  0xc0: () => null,
  0xc2: () => false,
  0xc3: () => true,
  0xc4: (reader) => readBytes(reader, readUint(reader, 1)),
  0xc5: (reader) => readBytes(reader, readUint(reader, 2)),
  0xc6: (reader) => readBytes(reader, readUint(reader, 4)),
  0xc7: (reader) => readTime(reader, readUint(reader, 1)),
  0xca: (reader) => reader.view.getFloat32(advance(reader, 4)),
  0xcb: (reader) => reader.view.getFloat64(advance(reader, 8)),
  0xcc: (reader) => readUint(reader, 1),
  0xcd: (reader) => readUint(reader, 2),
  0xce: (reader) => readUint(reader, 4),
  0xcf: (reader) => Number(reader.view.getBigUint64(advance(reader, 8))),
  0xd0: (reader) => reader.view.getInt8(advance(reader, 1)),
  0xd1: (reader) => reader.view.getInt16(advance(reader, 2)),
  0xd2: (reader) => reader.view.getInt32(advance(reader, 4)),
  0xd3: (reader) => Number(reader.view.getBigInt64(advance(reader, 8))),
  0xd6: (reader) => readTime(reader, 4),
  0xd7: (reader) => readTime(reader, 8),
  0xd9: (reader) => readText(reader, readUint(reader, 1)),
  0xda: (reader) => readText(reader, readUint(reader, 2)),
  0xdb: (reader) => readText(reader, readUint(reader, 4)),
  0xdc: (reader, depth) => readArray(reader, readUint(reader, 2), depth),
  0xdd: (reader, depth) => readArray(reader, readUint(reader, 4), depth),
  0xde: (reader, depth) => readMap(reader, readUint(reader, 2), depth),
  0xdf: (reader, depth) => readMap(reader, readUint(reader, 4), depth),
};

function readMap(reader: Reader, size: number, depth: number): PackedMap {
  const entries: [string, Packed][] = [];
  for (let index = 0; index < size; index += 1) {
    const key = readValue(reader, depth + 1);
    if (typeof key !== "string") throw malformed();
    entries.push([key, readValue(reader, depth + 1)]);
  }
  return Object.fromEntries(entries); // makes `__proto__` a key like any other
}

/** Every element takes a byte, so a size that was made up ends at the end of the bytes. */
function readArray(reader: Reader, size: number, depth: number): readonly Packed[] {
  const values: Packed[] = [];
  for (let index = 0; index < size; index += 1) values.push(readValue(reader, depth + 1));
  return values;
}

function readText(reader: Reader, length: number): string {
  const start = advance(reader, length);
  return reader.bytes.toString("utf8", start, start + length); // cheaper than a copy and a decoder
}

function readBytes(reader: Reader, length: number): Uint8Array {
  const start = advance(reader, length);
  return new Uint8Array(reader.bytes.subarray(start, start + length)); // a copy, which does not keep the message
}

function readTime(reader: Reader, length: number): PackedTime {
  if (reader.view.getInt8(advance(reader, 1)) !== -1) throw malformed();
  if (length === 4) return new PackedTime(readUint(reader, 4));
  if (length === 8) {
    const packed = reader.view.getBigUint64(advance(reader, 8));
    return timeOf(packed & 0x3_ffff_ffffn, Number(packed >> 34n));
  }
  if (length !== 12) throw malformed();
  const nanoseconds = readUint(reader, 4);
  return timeOf(reader.view.getBigInt64(advance(reader, 8)), nanoseconds);
}

function timeOf(seconds: bigint, nanoseconds: number): PackedTime {
  if (nanoseconds > 999_999_999) throw malformed();
  return new PackedTime(Number(seconds) + nanoseconds / 1e9);
}

function readUint(reader: Reader, size: 1 | 2 | 4): number {
  const at = advance(reader, size);
  if (size === 1) return reader.view.getUint8(at);
  return size === 2 ? reader.view.getUint16(at) : reader.view.getUint32(at);
}

/** @returns where the next `length` bytes start; they are there. */
function advance(reader: Reader, length: number): number {
  const start = reader.at;
  if (start + length > reader.bytes.length) throw malformed();
  reader.at = start + length;
  return start;
}

function refuse(): never {
  throw malformed();
}

function malformed(): RangeError {
  return new RangeError("malformed MessagePack");
}
