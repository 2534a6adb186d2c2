import { describe, expect, test } from "bun:test";

import { compileExpression } from "./regular-expression.ts";

const compiled = (pattern: string) => {
  const result = compileExpression(pattern);
  if ("error" in result) throw new Error(result.error);
  return result.expression;
};

describe("a regular expression", () => {
  test.each([
    ["^/foo/(a|b){1,2}$", "/foo/ab", true],
    ["/public", "/x/public/y", true],
    ["(?i)^/API", "/api/v1", true],
    [String.raw`\.css$`, "/a.css?x", false],
    ["^/[[:alpha:]]+$", "/abc", true],
    [String.raw`\Aa\z`, "a\n", false],
  ])("%s on %s: %p", (pattern, text, expected) => {
    expect(compiled(pattern).matches(text)).toBe(expected);
  });

  test.each([
    ["^/a/(.*)$", "/a/b/c", "/x/$1", "/x/b/c"],
    ["^/(?P<name>\\w+)/(\\d+)", "/id/7/z", "/${2}/$name", "/7/id/z"],
    ["b", "abcb", "$1x", "ac"],
    ["b", "abcb", "$$", "a$c$"],
    ["", "ab", "-", "-a-b-"],
  ])("%s in %s by %s gives %s", (pattern, text, replacement, expected) => {
    expect(compiled(pattern).replaceAll(text, replacement)).toBe(expected);
  });

  test("that is none says what is wrong", () => {
    expect(compileExpression("a(b")).toEqual({ error: expect.stringContaining("missing closing )") });
    expect(compileExpression("(?=x)")).toEqual({
      error: expect.stringContaining("invalid or unsupported Perl syntax"),
    });
  });

  test("is not slow on any input", () => {
    expect(compiled("^(a+)+$").matches(`${"a".repeat(10_000)}b`)).toBe(false);
  });
});
