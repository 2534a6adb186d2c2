import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as fc from "fast-check";

import { matchesHostPattern, parseReturnTarget, RETURN_TARGET_LIMIT } from "./return-target.ts";

const RULES = { hosts: ["app.example.com", ".wild.test"] };
const FUZZ_RUNS = Number(process.env["FUZZ_RUNS"] ?? 2000);
const VECTORS = join(import.meta.dir, "../../test/vectors/return-targets.txt");

/** What the browser is sent to must be what went in. */
const HARMLESS = [
  "/",
  "/ok",
  "/ok?a=b&c=d",
  "/page?a=1&b=%2F2",
  "/a?next=https://b/c",
  "/a?x=/../y",
  "/x//y?z",
  "/a//b",
  "/a/b/",
  "/...",
  "/.hidden/x",
  "/a..b/..c",
  "/ok#frag",
  "/ok?x#//y/../z",
  "/a%2Fb",
  "/%C3%BCber",
  "/100%",
  "/;@evil.test",
  "/x:y@z",
  "/?q=%0a",
  "https://app.example.com",
  "https://app.example.com/x",
  "http://app.example.com/x",
  "https://app.example.com?x=1",
  "https://app.example.com#x",
  "https://APP.example.com/x",
  "https://app.example.com:443/x",
  "http://app.example.com:80/x",
  "https://app.example.com/a//b",
  "https://wild.test/x",
  "https://sub.wild.test/x",
  "https://a.b.wild.test/x",
  "https://evil.test.a.wild.test/x",
  "https://under_score.wild.test/",
  "https://xn--bcher-kva.wild.test/",
];

describe("parseReturnTarget", () => {
  test.each(HARMLESS)("keeps %p byte for byte", (target) => {
    expect<string | undefined>(parseReturnTarget(target, RULES)).toBe(target);
  });

  const hostile = readFileSync(VECTORS, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("# "));

  test("knows enough hostile vectors", () => {
    expect(hostile.length).toBeGreaterThanOrEqual(150);
  });

  test.each(hostile)("refuses %p", (line) => {
    const raw = new URLSearchParams(`rd=${line.replaceAll("+", "%2B")}`).get("rd");
    expect(parseReturnTarget(raw, RULES)).toBeUndefined();
  });

  test.each([null, undefined, ""])("refuses nothing at all: %p", (nothing) => {
    expect(parseReturnTarget(nothing, RULES)).toBeUndefined();
  });

  test("refuses lone surrogates, which no encoder takes", () => {
    expect(parseReturnTarget("/\ud800", RULES)).toBeUndefined();
    expect(parseReturnTarget("/\udc00/x", RULES)).toBeUndefined();
  });

  test("percent-encodes what is not ASCII, because a Location header holds bytes", () => {
    expect<string | undefined>(parseReturnTarget("/über?q=日本#ö", RULES)).toBe(
      "/%C3%BCber?q=%E6%97%A5%E6%9C%AC#%C3%B6",
    );
  });

  test("has a limit", () => {
    expect(parseReturnTarget(`/${"a".repeat(RETURN_TARGET_LIMIT - 1)}`, RULES)).toBeDefined();
    expect(parseReturnTarget(`/${"a".repeat(RETURN_TARGET_LIMIT)}`, RULES)).toBeUndefined();
  });

  test("keeps the port of a local set-up when the pattern names it", () => {
    const target = "http://hello.gatehouse.localhost:8080/page?a=1&b=%2F2";
    expect<string | undefined>(parseReturnTarget(target, { hosts: [".gatehouse.localhost:8080"] })).toBe(target);
    expect(parseReturnTarget(target, { hosts: [".gatehouse.localhost"] })).toBeUndefined();
  });
});

describe("host patterns", () => {
  const rows: readonly [pattern: string, url: string, allowed: boolean][] = [
    ["port.test:8443", "https://port.test:8443/x", true],
    ["port.test:8443", "https://port.test/x", false],
    ["port.test:8443", "https://port.test:9/x", false],
    ["port.test:443", "https://port.test/x", true],
    ["any.test:*", "https://any.test:1234/x", true],
    ["any.test:*", "https://any.test/x", true],
    ["any.test:*", "https://any.test:99999/x", false],
    ["*.star.test", "https://star.test/", true],
    ["*.star.test", "https://a.star.test/", true],
    ["*.star.test", "https://badstar.test/", false],
    ["*.anyport.test:*", "https://sub.anyport.test:81/x", true],
    ["[::1]:8080", "http://[::1]:8080/x", true],
    ["[::1]:8080", "http://[::1]/x", false],
    ["[::1]:8080", "http://[0:0::1]:8080/x", false],
    ["10.0.0.1", "http://10.0.0.1/x", true],
    ["10.0.0.1", "http://167772161/x", false],
    ["UPPER.test", "https://upper.test/", true],
    ["*", "https://evil.test/", false],
    ["", "https://evil.test/", false],
    [".", "https://evil.test/", false],
    ["https://scheme.test", "https://scheme.test/", false],
    ["path.test/x", "https://path.test/x", false],
    ["port.test:abc", "https://port.test/", false],
  ];

  test.each(rows)("%p and %p: %p", (pattern, url, allowed) => {
    expect(parseReturnTarget(url, { hosts: [pattern] }) !== undefined).toBe(allowed);
  });
});

describe("whatever is accepted", () => {
  const BASE = "https://auth.example.com/oauth2/callback";
  const pieces = fc.constantFrom(
    "/", "//", "\\", ".", "..", "%2e", "%2E", "%2f", "%5c", "%09", "\t", "\n", "\r", " ", "\0", "@", ":", "?", "#", ";", "&", "=",
    "http:", "https:", "http://", "https://", "HTTP://", "javascript:", "[", "]", "|", "^", "%", "*", "~", "`", "{", "}",
    "app.example.com", "a.wild.test", "wild.test", "evil.test", "\u3002", "\uff0f", "\uff0e", "\u00ad", "\u200b", "ü", "\ud800",
    ":443", ":80", ":8080", "xn--", "0x7f.1", "a", "path", "user", "-", "_", "1",
  ); // prettier-ignore
  const soup = fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join(""));
  const prefixed = fc
    .tuple(fc.constantFrom("/", "https://app.example.com", "https://a.wild.test", "http://"), soup)
    .map((parts) => parts.join(""));

  function landsOnAnAllowedHost(raw: string): void {
    const target = parseReturnTarget(raw, RULES);
    if (target === undefined) return;
    const url = new URL(target, BASE);
    expect(url.username + url.password).toBe("");
    if (url.origin === "https://auth.example.com") {
      expect(url.pathname.startsWith("//")).toBe(false);
      return;
    }
    const defaultPort = { "http:": "80", "https:": "443" }[url.protocol] ?? "none";
    expect(matchesHostPattern(RULES.hosts, url.hostname, url.port || defaultPort, defaultPort)).toBe(true);
    expect(["app.example.com", "wild.test"].some((host) => url.hostname.endsWith(host))).toBe(true);
  }

  test.each([
    ["of pieces", soup],
    ["with a likely beginning", prefixed],
    ["of any characters", fc.string({ unit: "binary", maxLength: 60 })],
  ])("lands on an allowed host in a browser: text %s", (_name, text) => {
    fc.assert(fc.property(text, landsOnAnAllowedHost), { numRuns: FUZZ_RUNS });
  });

  test("and the inputs do reach the accepting side", () => {
    const samples = fc.sample(prefixed, { numRuns: 2000, seed: 7 });
    expect(samples.filter((raw) => parseReturnTarget(raw, RULES) !== undefined).length).toBeGreaterThan(100);
  });
});
