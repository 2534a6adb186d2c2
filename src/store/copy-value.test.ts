import { expect, test } from "bun:test";

import { copyValue } from "./copy-value.ts";

test("a copy is the same, and nothing that is done to it is done to the original", () => {
  const original = {
    name: "a",
    list: [{ b: [1, 2] }],
    bytes: Uint8Array.of(1, 2),
    none: undefined,
    nested: { c: true },
  };
  const copy = copyValue(original);
  expect(copy).toStrictEqual(original);
  copy.list[0]?.b.push(3);
  copy.bytes[0] = 9;
  copy.nested.c = false;
  expect(original).toStrictEqual({
    name: "a",
    list: [{ b: [1, 2] }],
    bytes: Uint8Array.of(1, 2),
    none: undefined,
    nested: { c: true },
  });
});

test("bytes of a buffer are copied, not shared with it", () => {
  const buffer = Buffer.from([1, 2, 3]);
  const copy = copyValue(buffer);
  buffer[0] = 9;
  expect([...copy]).toEqual([1, 2, 3]);
});

test("a name that objects have a use for is a name like any other", () => {
  const original: unknown = JSON.parse('{"__proto__":{"a":1},"constructor":"b"}');
  expect(JSON.stringify(copyValue(original))).toBe('{"__proto__":{"a":1},"constructor":"b"}');
});
