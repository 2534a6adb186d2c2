import { describe, expect, test } from "bun:test";

import { columnTime, formatJsonTime, parseGoTime } from "./go-time.ts";

const formatColumnTime = columnTime(9, "+00:00");

const ROWS = [
  { column: "2026-11-24 22:06:36.741169+00:00", json: "2026-11-24T22:06:36.741169Z", time: 1795557996.741169 },
  { column: "2026-11-23 23:06:11+00:00", json: "2026-11-23T23:06:11Z", time: 1795475171 },
  { column: "2026-11-23 23:06:11.001+00:00", json: "2026-11-23T23:06:11.001Z", time: 1795475171.001 },
  { column: "1970-01-01 00:00:01.5+00:00", json: "1970-01-01T00:00:01.5Z", time: 1.5 },
  { column: "0001-01-01 00:00:00+00:00", json: "0001-01-01T00:00:00Z", time: 0 },
];

describe("Go's times", () => {
  for (const { column, json, time } of ROWS) {
    test(column, () => {
      expect(formatColumnTime(time)).toBe(column);
      expect(formatJsonTime(time)).toBe(json);
      expect(parseGoTime(column)).toBe(time);
      expect(parseGoTime(json)).toBe(time);
    });
  }

  test("nanoseconds are read as close as a number gets", () => {
    expect(parseGoTime("2026-11-24 22:06:36.741169645+00:00")).toBe(1795557996.7411697);
  });

  test("column defaults and other zones", () => {
    expect(parseGoTime("1970-01-01 00:00:00")).toBe(0);
    expect(parseGoTime("0001-01-01 00:00:00 UTC")).toBe(0);
    expect(parseGoTime("2026-11-24T00:06:11+01:00")).toBe(1795475171);
    expect(parseGoTime("2026-11-23 17:36:11-05:30")).toBe(1795475171);
  });

  test("what database servers print", () => {
    expect(parseGoTime("2026-11-25 07:06:36.741169+09")).toBe(1795557996.741169);
    expect(parseGoTime("0001-01-01 09:18:59+09:18:59")).toBe(0);
    expect(parseGoTime("0001-12-31 19:03:58-04:56:02 BC")).toBe(0);
    expect(parseGoTime("1000-01-01 00:00:00.000")).toBe(0);
    expect(parseGoTime("0000-00-00 00:00:00.000")).toBe(0);
  });

  test("what a column cannot hold is cut off", () => {
    expect(columnTime(6, "+00:00")(1795557996.7411697)).toBe("2026-11-24 22:06:36.741169+00:00");
    expect(columnTime(3, "")(1795557996.7411697)).toBe("2026-11-24 22:06:36.741");
    expect(columnTime(3, "")(1795557996.0001)).toBe("2026-11-24 22:06:36");
    expect(columnTime(3, "")(1795557996)).toBe("2026-11-24 22:06:36");
    expect(columnTime(3, "")(0)).toBe("0001-01-01 00:00:00");
  });

  test("a time of today's date in milliseconds is the same number again", () => {
    for (let millisecond = 0; millisecond < 1000; millisecond += 1) {
      const time = (1_795_475_171_000 + millisecond) / 1000;
      expect(parseGoTime(formatColumnTime(time))).toBe(time);
    }
  });

  test("what is no time is refused without being repeated", () => {
    for (const text of ["", "secret", "2026-11-24", "2026-11-24 22:06", "2026-11-24 22:06:36 m=+0.1"]) {
      expect(() => parseGoTime(text)).toThrow("a stored time cannot be read");
    }
  });
});
