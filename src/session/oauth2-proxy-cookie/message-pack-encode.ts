import { PackedTime, type Packed } from "./message-pack.ts";

const encoder = new TextEncoder();

/** Write a value as MessagePack, each part in its shortest form. The keys of a map keep their order. */
export function encodeMessagePack(value: Packed): Uint8Array {
  const parts: Uint8Array[] = [];
  write(parts, value);
  return Buffer.concat(parts);
}

function write(parts: Uint8Array[], value: Packed): void {
  if (value === null) parts.push(Uint8Array.of(0xc0));
  else if (typeof value === "boolean") parts.push(Uint8Array.of(value ? 0xc3 : 0xc2));
  else if (typeof value === "number") parts.push(encodeNumber(value));
  else if (typeof value === "string") writeText(parts, value);
  else writeObject(parts, value);
}

function writeObject(parts: Uint8Array[], value: Exclude<Packed, null | boolean | number | string>): void {
  if (value instanceof Uint8Array) {
    parts.push(sized(value.length, [undefined, 0xc4, 0xc5, 0xc6], 0), value);
  } else if (value instanceof PackedTime) {
    parts.push(encodeTime(value.seconds));
  } else if (isList(value)) {
    parts.push(sized(value.length, [0x90, undefined, 0xdc, 0xdd], 15));
    for (const item of value) write(parts, item);
  } else {
    const entries = Object.entries(value);
    parts.push(sized(entries.length, [0x80, undefined, 0xde, 0xdf], 15));
    for (const [key, item] of entries) {
      writeText(parts, key);
      write(parts, item);
    }
  }
}

function writeText(parts: Uint8Array[], text: string): void {
  const bytes = encoder.encode(text);
  parts.push(sized(bytes.length, [0xa0, 0xd9, 0xda, 0xdb], 31), bytes);
}

/** Head bytes of the forms with the size inside, in one, in two and in four bytes; absent where there is no such form. */
type Heads = readonly [number | undefined, number | undefined, number, number];

function sized(size: number, [fixed, one, two, four]: Heads, fixedLimit: number): Uint8Array {
  if (fixed !== undefined && size <= fixedLimit) return Uint8Array.of(fixed | size);
  if (one !== undefined && size <= 0xff) return Uint8Array.of(one, size);
  if (size <= 0xffff) return withHead(two, 2, (view) => view.setUint16(1, size));
  return withHead(four, 4, (view) => view.setUint32(1, size));
}

function encodeNumber(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || Object.is(value, -0))
    return withHead(0xcb, 8, (view) => view.setFloat64(1, value));
  if (value >= 0 && value <= 0x7f) return Uint8Array.of(value);
  if (value < 0 && value >= -32) return Uint8Array.of(value & 0xff);
  if (value >= 0 && value <= 0xffffffff) return sized(value, [undefined, 0xcc, 0xcd, 0xce], 0);
  return withHead(0xd3, 8, (view) => view.setBigInt64(1, BigInt(value)));
}

/** Four bytes for whole seconds, eight with nanoseconds, twelve outside of the years 1970 to 2514. */
function encodeTime(time: number): Uint8Array {
  const seconds = Math.floor(time);
  const nanoseconds = Math.min(Math.round((time - seconds) * 1e9), 999_999_999);
  if (seconds < 0 || seconds >= 2 ** 34) {
    return withHead(0xc7, 14, (view) => {
      view.setUint8(1, 12);
      view.setInt8(2, -1);
      view.setUint32(3, nanoseconds);
      view.setBigInt64(7, BigInt(seconds));
    });
  }
  const isShort = nanoseconds === 0 && seconds <= 0xffffffff;
  return withHead(isShort ? 0xd6 : 0xd7, isShort ? 5 : 9, (view) => {
    view.setInt8(1, -1);
    if (isShort) view.setUint32(2, seconds);
    else view.setBigUint64(2, (BigInt(nanoseconds) << 34n) | BigInt(seconds));
  });
}

function withHead(head: number, rest: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(1 + rest);
  bytes[0] = head;
  fill(new DataView(bytes.buffer));
  return bytes;
}

function isList(value: object): value is readonly Packed[] {
  return Array.isArray(value);
}
