import { describe, expect, test } from "bun:test";
import * as v from "valibot";

import { isDnsName, isHostPattern, splitHostPattern } from "./host-pattern.ts";
import { isHttpUrl, isLoopbackHost } from "./http-url.ts";
import { isPasswordHash } from "./password-hash-format.ts";
import { isRedirectUri } from "./redirect-uri.ts";
import { duration, durationSeconds, ipRange, listenAddress, origin, secret } from "./values.ts";

const accepts = (schema: v.GenericSchema, value: unknown): boolean => v.safeParse(schema, value).success;

/** Named rows of what is and what is not. */
function rows(is: readonly string[], isNot: readonly string[]): [string, boolean][] {
  return [
    ...is.map((text): [string, boolean] => [text, true]),
    ...isNot.map((text): [string, boolean] => [text, false]),
  ];
}

describe("a duration", () => {
  test.each([
    ["8h", 28_800],
    ["7d", 604_800],
    ["90s", 90],
    ["1h30m", 5400],
    ["1d2h3m4s", 93_784],
    ["0s", 0],
  ])("%s is %d seconds", (text, seconds) => {
    expect(accepts(duration("0s", "10d"), text)).toBe(true);
    expect(durationSeconds(text)).toBe(seconds);
  });

  test.each([["", "8", "h", "8H", "1.5h", "-1h", "30m1h", "1h1h", "8 h", "8h ", "1w", "9999999999999d"]].flat())(
    "%j is none",
    (text) => expect(accepts(duration("0s", "3650d"), text)).toBe(false),
  );

  test("has bounds, which belong to it", () => {
    expect(["59s", "1m", "1h", "3601s"].map((text) => accepts(duration("1m", "1h"), text))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(accepts(duration("0s", "1h"), 90)).toBe(false);
  });
});

test.each(
  rows(
    ["0.0.0.0:8080", "127.0.0.1:0", "[::]:8080", "[::1]:65535", "localhost:80", "gatehouse.svc:8080"],
    [
      "8080",
      ":8080",
      "0.0.0.0",
      "0.0.0.0:65536",
      "::1:80",
      "[::g]:80",
      "256.0.0.1:80",
      "host:80x",
      "a:b:80",
      "http://a:80",
      "a:80\n",
    ],
  ),
)("an address to listen on: %j %p", (text, expected) => expect(accepts(listenAddress, text)).toBe(expected));

test.each(
  rows(
    ["10.0.0.0/8", "127.0.0.1", "::1", "fd00::/8", "0.0.0.0/0", "::/0"],
    [
      "",
      "10.0.0.0/33",
      "::/129",
      "10.0.0.0/",
      "10.0.0.0/8/8",
      "10.0/8",
      "fe80::1%eth0",
      "example.com",
      " 127.0.0.1",
      "1.2.3.4/1e1",
    ],
  ),
)("an IP range: %j %p", (text, expected) => expect(accepts(ipRange, text)).toBe(expected));

test.each(
  rows(
    ["https://auth.example.com", "http://auth.gatehouse.localhost:8080", "https://[::1]:8443", "https://A.example"],
    [
      "auth.example.com",
      "ftp://a.example",
      "https:a.example",
      "https:/a.example",
      "https:\\\\a.example",
      "https://a.example\\@b.example",
      " https://a.example",
      "https://a.example\n",
      "https://*.example",
      "https://",
      "https://a.example.",
      "https://a..example",
      "https://a_b%2f.example",
      "https://a.example:99999",
    ],
  ),
)("an http or https address: %j %p", (text, expected) => expect(isHttpUrl(text)).toBe(expected));

test.each(
  rows(
    ["https://a.example", "https://a.example/", "https://a.example:8443"],
    [
      "https://a.example/x",
      "https://a.example?",
      "https://a.example/#",
      "https://u@a.example",
      "https://u:p@a.example/",
    ],
  ),
)("an origin: %j %p", (text, expected) => expect(accepts(origin("https://x.example"), text)).toBe(expected));

test.each(
  rows(
    ["localhost", "a.localhost", "127.0.0.1", "127.1.2.3", "[::1]"],
    ["localhost.example", "127.example.com", "128.0.0.1", "xlocalhost", "[::2]", ""],
  ),
)("loopback: %j %p", (text, expected) => expect(isLoopbackHost(text)).toBe(expected));

test.each(
  rows(
    [
      "wiki.example.com",
      "*.example.com",
      ".example.com",
      "wiki.example.com:8443",
      "wiki.example.com:*",
      "10.0.0.1",
      "[::1]:80",
      "a_b.example",
    ],
    [
      "",
      "*",
      "*.",
      "Wiki.example.com",
      "wiki..example",
      "-a.example",
      "a.example.",
      "*.*.example",
      "wi*ki.example",
      "a.example:65536",
      "a.example:x",
      "*.10.0.0.1",
      "10.0.0.256",
      "a b",
      "a/b",
      "https://a.example",
      `${"a".repeat(64)}.example`,
      "a.example\n",
    ],
  ),
)("a host pattern: %j %p", (text, expected) => expect(isHostPattern(text)).toBe(expected));

test("a host pattern comes apart", () => {
  expect(splitHostPattern("*.example.com:8443")).toEqual({ prefix: "*.", name: "example.com", port: "8443" });
  expect(splitHostPattern("[::1]:*")).toEqual({ prefix: "", name: "[::1]", port: "*" });
  expect(splitHostPattern("wiki.example.com")).toEqual({ prefix: "", name: "wiki.example.com", port: "" });
});

test.each(rows(["example.com", "localhost", "1.example"], ["1.2.3.4", "example.1", "Example.com", ""]))(
  "a DNS name: %j %p",
  (text, expected) => expect(isDnsName(text)).toBe(expected),
);

test.each(
  rows(
    ["https://a.example/cb", "http://127.0.0.1:7/cb?x=1", "com.example.app:/cb"],
    [
      "/cb",
      "https://a.example/cb#",
      "https://*.a.example/cb",
      "javascript:alert(1)",
      "data:text/html,x",
      "urn:ietf:wg:oauth:2.0:oob",
      "app:/cb",
      "https://u@a.example/cb",
      "https://a.example/\\b",
      "https://a.example/ b",
      "",
    ],
  ),
)("a redirect URI: %j %p", (text, expected) => expect(isRedirectUri(text)).toBe(expected));

const SALT_AND_HASH = "2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W";
const ARGON2ID = "$c2FsdHNhbHRzYWx0c2FsdA$dGFndGFndGFndGFndGFndGFndGFndGFndGFndGFndGE";

test.each(
  rows(
    [
      `$2a$10$${SALT_AND_HASH}`,
      `$2b$16$${SALT_AND_HASH}`,
      `$2y$12$${SALT_AND_HASH}`,
      `$argon2id$v=19$m=65536,t=3,p=4${ARGON2ID}`,
    ],
    [
      "hunter2",
      `$2b$09$${SALT_AND_HASH}`,
      `$2b$17$${SALT_AND_HASH}`,
      `$2x$10$${SALT_AND_HASH}`,
      `$2b$10$${SALT_AND_HASH}x`,
      `$2b$10$${SALT_AND_HASH}\n`,
      `$argon2i$v=19$m=65536,t=3,p=4${ARGON2ID}`,
      `$argon2id$v=16$m=65536,t=3,p=4${ARGON2ID}`,
      `$argon2id$v=19$m=2000000,t=3,p=4${ARGON2ID}`,
      `$argon2id$v=19$m=65536,t=17,p=4${ARGON2ID}`,
      `$argon2id$v=19$m=31,t=3,p=4${ARGON2ID}`,
      `$argon2id$v=19$m=65536,t=0,p=4${ARGON2ID}`,
    ],
  ),
)("a password hash: %j %p", (text, expected) => expect(isPasswordHash(text)).toBe(expected));

test.each([
  ["text", true],
  [{ env: "NAME" }, true],
  [{ file: "/run/secrets/x" }, true],
  ["", false],
  [12_345, false],
  [{ env: "NO-NAME" }, false],
  [{ env: "NAME", file: "/x" }, false],
  [{ file: "" }, false],
  [{}, false],
  [null, false],
])("a secret: %j %p", (value, expected) => expect(accepts(secret, value)).toBe(expected));
