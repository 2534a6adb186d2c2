import { describe, expect, test } from "bun:test";

import { createIsReturnTarget } from "./return-target-rules.ts";

const rules = (...domains: string[]) => createIsReturnTarget(domains);

describe("a path", () => {
  test.each(["/", "/a/b?c=d#e", "/a?x=1&y=%2F%2F", "/%2e%2e", "/ä", "/a b"])("%s is a return target", (target) => {
    expect(rules()(target)).toBe(true);
  });

  test.each([
    "",
    "//evil.test",
    "/\\evil.test",
    "/ /evil.test",
    "/\t/evil.test",
    "/\u000b/evil.test",
    "/./evil.test/",
    "/..//evil.test",
    "/a/../b/x",
    "/a?next=https://b.test",
    "/a#//b",
    "a/b",
    "\\evil.test",
    "/\u0000",
    "/\u0001/x",
    `/${"a".repeat(9000)}`,
  ])("%j is none", (target) => {
    expect(rules("evil.test", "*")(target)).toBe(false);
  });
});

describe("an address", () => {
  const LISTED: readonly (readonly [string, string])[] = [
    ["a.test", "https://a.test"],
    ["a.test", "http://a.test/x?y=https://z//"],
    ["a.test", "https://user:pass@a.test/"],
    [".a.test", "https://a.test/"],
    [".a.test", "https://b.c.a.test/"],
    ["*.a.test", "https://a.test/"],
    ["a.test:8080", "https://a.test:8080/"],
    ["a.test:*", "https://a.test:1/"],
    ["a.test:*", "https://a.test/"],
    ["[::1]:9", "http://[::1]:9/x"],
    ["[::1]", "http://[::1]/x"],
    ["10.0.0.1", "http://10.0.0.1/"],
  ];
  test.each(LISTED)("with %s on the list: %s", (entry, target) => {
    expect(rules(entry)(target)).toBe(true);
  });

  const REFUSED: readonly (readonly [string, string])[] = [
    ["a.test", "https://b.test/"],
    ["a.test", "https://a.test:443/"],
    ["a.test", "https://A.test/"],
    ["a.test", "HTTPS://a.test/"],
    ["a.test", "https://a.test./"],
    ["a.test", "https:///a.test/"],
    ["a.test", "https://a.test\\@evil.test/"],
    ["a.test", "https://evil.test\\@a.test/"],
    ["a.test", "https://evil.test#@a.test/"],
    ["a.test", "https://evil.test?@a.test/"],
    ["a.test", "https://evil.test/@a.test/"],
    ["a.test", "https://a.test%2eevil.test/"],
    ["a.test", "javascript:alert(1)//https://a.test"],
    [".a.test", "https://evil.test;b.a.test/"],
    [".a.test", "https://evil.test,b.a.test/"],
    [".a.test", "https://evil.test&b.a.test/"],
    [".a.test", "https://evil.test]b.a.test/"],
    [".a.test", "https://evil.test\uFF0Fb.a.test/"],
    [".a.test", "https://evil.test\uFF0Eb.a.test/"],
    [".a.test", "https://evila.test/"],
    [".a.test", "https://.a.test/"],
    [".a.test", "https://x..a.test/"],
    ["a.test:*", "https://a.test:*/"],
    ["a.test:8080", "https://a.test:80/"],
    ["*", "https://a.test/"],
    ["", "https://a.test/"],
    [".", "https://a.test/"],
    ["a.test", "https://a.test/%zz"],
    ["a.test", "https://a.test/\n"],
    ["2130706433", "http://2130706433/"],
  ];
  test.each(REFUSED)("with %j on the list, not: %j", (entry, target) => {
    expect(rules(entry)(target)).toBe(false);
  });
});
