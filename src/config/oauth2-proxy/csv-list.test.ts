import { describe, expect, test } from "bun:test";
import { parseCsvList } from "./csv-list.ts";

describe("parseCsvList", () => {
  const good: readonly [string, readonly string[]][] = [
    ["", []],
    ["a", ["a"]],
    ["a,b", ["a", "b"]],
    [" a , b", [" a ", " b"]],
    ["a,", ["a", ""]],
    [",", ["", ""]],
    ['"^/a{1,2}$",^/c$', ["^/a{1,2}$", "^/c$"]],
    ['"a""b"', ['a"b']],
    ['""', [""]],
  ];
  test.each(good)("%p", (text, items) => {
    expect(parseCsvList(text)).toEqual({ items });
  });

  const bad: readonly [string, string][] = [
    ['a"b', 'parse error on line 1, column 2: bare " in non-quoted-field'],
    ['x,a"', 'parse error on line 1, column 4: bare " in non-quoted-field'],
    ['"a', 'parse error on line 1, column 1: extraneous or missing " in quoted-field'],
    ['a,"b"c', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'],
  ];
  test.each(bad)("%p is refused", (text, error) => {
    expect(parseCsvList(text)).toEqual({ error });
  });
});
