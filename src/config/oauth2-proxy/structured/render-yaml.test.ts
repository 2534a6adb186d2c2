import { expect, test } from "bun:test";
import { parse } from "yaml";
import { renderYaml } from "./render-yaml.ts";

/** A text, and what Go's library writes for it in a mapping of a list. */
const rows: readonly [string, string][] = [
  ["plain", "plain"],
  ["http://x:80/", "http://x:80/"],
  ["^/(.*)$", "^/(.*)$"],
  ["a:b#c", "a:b#c"],
  ["user:email read:org", "user:email read:org"],
  ["", '""'],
  ["true", '"true"'],
  ["yes", '"yes"'],
  ["null", '"null"'],
  ["123", '"123"'],
  ["1_000", '"1_000"'],
  ["0x1f", '"0x1f"'],
  ["1.5e3", '"1.5e3"'],
  ["1:30", '"1:30"'],
  ["2020-01-01", '"2020-01-01"'],
  ["a: b", "'a: b'"],
  ["a #b", "'a #b'"],
  [" lead", "' lead'"],
  ["- x", "'- x'"],
  ["*", "'*'"],
  ["it's: so", "'it''s: so'"],
  ["a\tb", '"a\\tb"'],
  ["a\u0001", '"a\\x01"'],
  ["😀", '"\\U0001F600"'],
  ["two\nlines", "|-\n        two\n        lines"],
  ["two\nlines\n", "|\n        two\n        lines"],
];
test.each(rows)("%j is written %j", (text, written) => {
  const yaml = renderYaml({ list: [{ key: text }] });
  expect(yaml).toBe(`list:\n    - key: ${written}\n`);
  expect(parse(yaml)).toEqual({ list: [{ key: text }] });
});

test("mappings in lists in mappings stand at multiples of four", () => {
  const value = { a: [{ b: { c: [1, true], d: {} }, e: "x\ny" }], f: [], g: [["h"], {}, "i\nj"] };
  expect(parse(renderYaml(value))).toEqual(value);
  expect(renderYaml({ a: [{ b: { c: [1] } }] })).toBe("a:\n    - b:\n        c:\n            - 1\n");
});
