import { describe, expect, test } from "bun:test";

import { parseFileValue, parseOptionText } from "./option-value.ts";

describe("a whole number", () => {
  const numbers: readonly [string, number | undefined][] = [
    ["0", 0],
    ["42", 42],
    ["+7", 7],
    ["-1", -1],
    ["0x1F", 31],
    ["0b11", 3],
    ["0o17", 15],
    ["010", 8],
    ["08", undefined],
    ["1_000", 1000],
    ["_1", undefined],
    ["1_", undefined],
    ["1__0", undefined],
    ["", undefined],
    ["1.5", undefined],
    ["1f", undefined],
    ["99999999999999999999", undefined],
  ];
  test.each(numbers)("%j", (text, expected) => {
    const parsed = parseOptionText("int", text);
    expect("value" in parsed ? parsed.value : undefined).toBe(expected);
  });
});

describe("values of the file, as loosely typed as the original takes them", () => {
  const values: readonly [Parameters<typeof parseFileValue>[0], unknown, unknown][] = [
    ["bool", "true", true],
    ["bool", 0, false],
    ["bool", "", false],
    ["int", true, 1],
    ["string", 1.5, "1.5"],
    ["list", "a,b", ["a", "b"]],
    ["list", ["a,b", 1], ["a,b", "1"]],
    ["list", 7, ["7"]],
    ["duration", "1m30s", 90],
    ["duration", 60, undefined],
    ["string", ["a"], undefined],
    ["list", [{ a: 1 }], undefined],
  ];
  test.each(values)("%s %j", (type, raw, expected) => {
    const parsed = parseFileValue(type, raw);
    const value: unknown = "value" in parsed ? parsed.value : undefined;
    expect(value).toEqual(expected);
  });
});
