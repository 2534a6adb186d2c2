import { expect, test } from "bun:test";

import { sameValue } from "./same-value.ts";

const SAME: readonly (readonly [unknown, unknown])[] = [
  [
    { a: 1, b: [{ c: "x" }] },
    { b: [{ c: "x" }], a: 1 },
  ],
  [{ a: 1, b: undefined }, { a: 1 }],
  [{ d: Uint8Array.of(1, 2) }, { d: Buffer.from([1, 2]) }],
  [undefined, undefined],
  [[], []],
];

const DIFFERENT: readonly (readonly [unknown, unknown])[] = [
  [{ a: 1 }, { a: "1" }],
  [{ a: 1 }, { a: 1, b: 2 }],
  [{ a: 1, b: 2 }, { a: 1 }],
  [{ d: Uint8Array.of(1, 2) }, { d: Uint8Array.of(1, 3) }],
  [{ d: Uint8Array.of(1, 2) }, { d: Uint8Array.of(1, 2, 3) }],
  [{ d: Uint8Array.of(1, 2) }, { d: [1, 2] }],
  [{ d: new Uint8Array(0) }, {}],
  [
    ["a", "b"],
    ["b", "a"],
  ],
  [["a"], { 0: "a", length: 1 }],
  [{}, null],
  [undefined, {}],
];

test.each(SAME)("same: %p %p", (left, right) => {
  expect(sameValue(left, right)).toBe(true);
  expect(sameValue(right, left)).toBe(true);
});

test.each(DIFFERENT)("different: %p %p", (left, right) => {
  expect(sameValue(left, right)).toBe(false);
  expect(sameValue(right, left)).toBe(false);
});
