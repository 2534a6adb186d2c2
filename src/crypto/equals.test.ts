import { expect, test } from "bun:test";
import { constantTimeEquals } from "./equals.ts";

test.each([
  ["", "", true],
  ["secret", "secret", true],
  ["secret", "secreT", false],
  ["secret", "secret ", false],
  ["secret", "", false],
  ["\ud800", "\ufffd", true], // a lone surrogate has no bytes of its own
])("constantTimeEquals(%j, %j)", (a, b, expected) => {
  expect(constantTimeEquals(a, b)).toBe(expected);
});
