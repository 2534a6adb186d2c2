/**
 * The one protobuf shape that dex uses in tokens: strings under field numbers 1, 2, 3 …, empty ones left out, length-delimited
 * (wire type 2).
 */
export function encodeStrings(values: readonly string[]): Uint8Array {
  const parts = values.flatMap((value, index) => {
    const bytes = Buffer.from(value);
    return bytes.length === 0 ? [] : [Buffer.from([((index + 1) << 3) | 2, ...varint(bytes.length)]), bytes];
  });
  return Buffer.concat(parts);
}

/** @returns undefined when the bytes are no such message of at most `count` strings. */
export function decodeStrings(bytes: Uint8Array, count: number): readonly string[] | undefined {
  const values = Array.from({ length: count }, () => "");
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    const length = readVarint(bytes, at + 1);
    const field = tag >> 3;
    if ((tag & 7) !== 2 || field < 1 || field > count || length === undefined) return undefined;
    const end = length.next + length.value;
    if (end > bytes.length) return undefined;
    values[field - 1] = Buffer.from(bytes.subarray(length.next, end)).toString();
    at = end;
  }
  return values;
}

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

function readVarint(bytes: Uint8Array, from: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  for (let at = from; at < from + 4; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value |= (byte & 127) << (7 * (at - from));
    if (byte < 128) return { value, next: at + 1 };
  }
  return undefined;
}
