import { describe, expect, test } from "bun:test";
import { formatGoDuration, parseGoDuration } from "./go-duration.ts";

describe("parseGoDuration", () => {
  const good: readonly [string, number][] = [
    ["0", 0],
    ["0s", 0],
    ["168h", 604_800],
    ["1m30s", 90],
    ["1.5h", 5400],
    ["-5s", -5],
    ["+2m", 120],
    [".5m", 30],
    ["500ms", 0.5],
    ["1h1m1s", 3661],
  ];
  test.each(good)("%p is %p seconds", (text, seconds) => {
    expect(parseGoDuration(text)).toEqual({ seconds });
  });

  const bad: readonly [string, string][] = [
    ["60", 'time: missing unit in duration "60"'],
    ["1day", 'time: unknown unit "day" in duration "1day"'],
    ["1d", 'time: unknown unit "d" in duration "1d"'],
    ["1toString", 'time: unknown unit "toString" in duration "1toString"'],
    ["often", 'time: invalid duration "often"'],
    ["", 'time: invalid duration ""'],
    ["-", 'time: invalid duration "-"'],
    ["1h ", 'time: unknown unit "h " in duration "1h "'],
    ["99999999h", 'time: invalid duration "99999999h"'],
  ];
  test.each(bad)("%p is refused as Go does", (text, error) => {
    expect(parseGoDuration(text)).toEqual({ error });
  });
});

describe("formatGoDuration", () => {
  const rows: readonly [number, string][] = [
    [0, "0s"],
    [3600, "1h0m0s"],
    [604_800, "168h0m0s"],
    [90, "1m30s"],
    [1.5, "1.5s"],
    [0.5, "500ms"],
    [-7200, "-2h0m0s"],
  ];
  test.each(rows)("%p is %p", (seconds, text) => {
    expect(formatGoDuration(seconds)).toBe(text);
  });
});
