import { describe, expect, test } from "bun:test";

import { encodeMessagePack } from "./message-pack-encode.ts";
import { decodeMessagePack, PackedTime, type Packed } from "./message-pack.ts";

/** Values and their bytes by the specification. */
const ROWS: readonly (readonly [string, Packed])[] = [
  ["c0", null],
  ["c2", false],
  ["c3", true],
  ["00", 0],
  ["7f", 127],
  ["cc80", 128],
  ["cd0100", 256],
  ["ce00010000", 65536],
  ["ff", -1],
  ["e0", -32],
  ["d3ffffffffffffffdf", -33],
  ["d3000000012a05f200", 5_000_000_000],
  ["cb3ff8000000000000", 1.5],
  ["a0", ""],
  ["a3616263", "abc"],
  ["a4f09f918b", "👋"],
  ["c403010203", Uint8Array.of(1, 2, 3)],
  ["93a161c00f", ["a", null, 15]],
  ["82a161a162a16380", { a: "b", c: {} }],
  ["d6ff6553f100", new PackedTime(1_700_000_000)],
  ["d7ff773594006553f100", new PackedTime(1_700_000_000.5)],
  ["c70cff00000000fffffff1886e0900", new PackedTime(-62_135_596_800)],
];

const decode = (bytes: Uint8Array): unknown => decodeMessagePack(bytes);

describe("values", () => {
  for (const [hex, value] of ROWS) {
    test(hex, () => {
      expect(Buffer.from(encodeMessagePack(value)).toString("hex")).toBe(hex);
      expect(decode(fromHex(hex))).toEqual(value);
    });
  }

  test.each([
    ["d0df", -33],
    ["d1ff00", -256],
    ["d2ffff0000", -65536],
    ["cf000000012a05f200", 5_000_000_000],
    ["ca3fc00000", 1.5],
    ["d903616263", "abc"],
    ["da0003616263", "abc"],
    ["db00000003616263", "abc"],
  ])("other forms of other writers: %p", (hex, value) => {
    expect(decode(fromHex(hex))).toBe(value);
  });

  test.each([31, 32, 255, 256, 65_535, 65_536])("a text of %p bytes", (length) => {
    const value = "x".repeat(length);
    expect(decodeMessagePack(encodeMessagePack(value))).toBe(value);
  });

  test.each([15, 16, 65_535, 65_536])("a list and a map of %p", (length) => {
    const list = Array.from({ length }, (_, index) => index);
    const map = Object.fromEntries(list.map((index) => [`k${index}`, index]));
    expect(decode(encodeMessagePack(list))).toEqual(list);
    expect(decode(encodeMessagePack(map))).toEqual(map);
  });
});

test.each([
  ["", "nothing"],
  ["c1", "never used"],
  ["a3616", "cut off"],
  ["a36162", "cut off text"],
  ["c0c0", "two values"],
  ["ddffffffff", "a list that says it is endless"],
  ["dfffffffff", "a map that says it is endless"],
  ["dbffffffff61", "a text that says it is endless"],
  ["8101c0", "a key that is no text"],
  ["d60100000000", "another extension"],
  ["c703ff000000", "a time of another length"],
  ["d7fffffffffc6553f100", "more than a second of nanoseconds"],
])("refused: %p, %s", (hex) => {
  expect(decodeMessagePack(fromHex(hex))).toBeUndefined();
});

test("nesting is bounded", () => {
  expect(decodeMessagePack(fromHex(`${"91".repeat(32)}c0`))).toBeDefined();
  expect(decodeMessagePack(fromHex(`${"91".repeat(33)}c0`))).toBeUndefined();
  expect(decodeMessagePack(fromHex(`${"91".repeat(100_000)}c0`))).toBeUndefined();
});

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
