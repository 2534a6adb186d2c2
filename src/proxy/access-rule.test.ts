import { describe, expect, test } from "bun:test";

import * as fc from "fast-check";

import { createRuleMatches, readStrictPath } from "./access-rule.ts";

const FUZZ_RUNS = Number(process.env["FUZZ_RUNS"] ?? 2000);

describe("a path pattern", () => {
  const rows: readonly [pattern: string, path: string, expected: boolean][] = [
    ["/healthz", "/healthz", true],
    ["/healthz", "/healthz/", false],
    ["/healthz", "/Healthz", false],
    ["/", "/", true],
    ["/", "/x", false],
    ["/**", "/", true],
    ["/**", "/x/y", true],
    ["/admin/**", "/admin", true],
    ["/admin/**", "/admin/", true],
    ["/admin/**", "/admin/x/y", true],
    ["/admin/**", "/adminx", false],
    ["/admin/**", "/x/admin", false],
    ["/a/**/z", "/a/z", true],
    ["/a/**/z", "/a/b/c/z", true],
    ["/a/**/z", "/a/bz", false],
    ["/a/*", "/a/b", true],
    ["/a/*", "/a/b/c", false],
    ["/a/*/c", "/a/b/c", true],
    ["/*.css", "/x.css", true],
    ["/*.css", "/xcss", false],
    ["/a.b+c(d)[e]{1}|^$?", "/a.b+c(d)[e]{1}|^$?", true],
    ["/a-b", "/a-b", true],
    ["/a%20b", "/a b", true],
    ["/100%", "/100%", true],
    ["/a**", "/ab", true],
    ["/a**", "/a/b", false],
  ];
  test.each(rows)("%p and %p: %p", (pattern, path, expected) => {
    expect(createRuleMatches({ paths: [pattern], methods: [] })("GET", path)).toBe(expected);
  });

  test("whatever is in it makes a pattern, and plain text matches itself only", () => {
    const text = fc.string({ unit: "binary", maxLength: 30 });
    fc.assert(
      fc.property(text, text, (one, two) => {
        const matches = createRuleMatches({ paths: [`/${one}`], methods: [] });
        matches("GET", `/${two}`);
        if (/[%*]/.test(one)) return;
        expect(matches("GET", `/${one}`)).toBe(true);
        if (one !== two) expect(matches("GET", `/${two}`)).toBe(false);
      }),
      { numRuns: FUZZ_RUNS },
    );
  });
});

describe("a strict path", () => {
  test("is decoded once, and means the same to a program that does not decode letters", () => {
    expect(readStrictPath("/a%20b/%C3%BC%40")).toBe("/a b/ü@");
    expect(readStrictPath("/plain/path.html")).toBe("/plain/path.html");
    expect(readStrictPath("/x/...")).toBe("/x/...");
  });

  test("never holds a segment that anybody could resolve or split", () => {
    const piece = fc.constantFrom(
      "/",
      ".",
      "%2e",
      "%2f",
      "%",
      "5c",
      "\\",
      ";",
      "a",
      "%61",
      "%00",
      "%25",
      "2f",
      "é",
      "%c3",
      "%a9",
    );
    const path = fc.array(piece, { maxLength: 10 }).map((parts) => `/${parts.join("")}`);
    fc.assert(
      fc.property(path, (raw) => {
        const strict = readStrictPath(raw);
        if (strict === undefined) return;
        expect(strict).not.toMatch(/%2e|%2f|%5c|;|\0|\/\/|\/\.\.?(\/|$)/i);
        expect(strict.split("/").length).toBe(raw.split("/").length);
      }),
      { numRuns: FUZZ_RUNS },
    );
  });
});
