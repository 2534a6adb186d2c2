import { describe, expect, test } from "bun:test";

import { serializeCookie, type Cookie } from "../../http/cookies.ts";
import { sessionCookieValues, sessionCookieNames, splitCookie } from "./cookie-chunks.ts";

const COOKIE: Cookie = {
  name: "_oauth2_proxy",
  value: "",
  path: "/",
  maxAgeSeconds: 604_800,
  secure: true,
  httpOnly: true,
};

describe("cutting", () => {
  test("a cookie that fits stays whole, to the last byte", () => {
    const room = 4000 - serializeCookie(COOKIE).length;
    expect(splitCookie({ ...COOKIE, value: "x".repeat(room) }).map(({ name }) => name)).toEqual(["_oauth2_proxy"]);
    expect(splitCookie({ ...COOKIE, value: "x".repeat(room + 1) }).map(({ name }) => name)).toEqual([
      "_oauth2_proxy_0",
      "_oauth2_proxy_1",
    ]);
  });

  test("parts are full, keep the attributes and make the whole again", () => {
    const value = Array.from({ length: 3000 }, (_, index) => String(index)).join("");
    const parts = splitCookie({ ...COOKIE, value, domain: "example.com", sameSite: "Lax" });
    expect(parts.map(({ name }) => name)).toEqual(["_oauth2_proxy_0", "_oauth2_proxy_1", "_oauth2_proxy_2"]);
    expect(parts.slice(0, 2).map((part) => serializeCookie(part).length)).toEqual([4000, 4000]);
    expect(serializeCookie(parts[2] ?? COOKIE)).toEndWith(
      "; Path=/; Domain=example.com; Max-Age=604800; HttpOnly; Secure; SameSite=Lax",
    );
    const header = parts.map(({ name, value: part }) => `${name}=${part}`).join("; ");
    expect(sessionCookieValues(header, "_oauth2_proxy")).toEqual([value]);
  });

  test("more than ten parts, in order", () => {
    const value = Array.from({ length: 12_000 }, (_, index) => String(index)).join("");
    const parts = splitCookie({ ...COOKIE, value });
    expect(parts.length).toBeGreaterThan(10);
    const header = parts
      .toReversed()
      .map(({ name, value: part }) => `${name}=${part}`)
      .join("; ");
    expect(sessionCookieValues(header, "_oauth2_proxy")).toEqual([value]);
  });

  test("a long name is cut to 256 characters", () => {
    const parts = splitCookie({ ...COOKIE, name: "n".repeat(256), value: "x".repeat(5000) });
    expect(parts.map(({ name }) => name)).toEqual([`${"n".repeat(254)}_0`, `${"n".repeat(254)}_1`]);
    const header = parts.map(({ name, value }) => `${name}=${value}`).join("; ");
    expect(sessionCookieValues(header, "n".repeat(256))).toEqual(["x".repeat(5000)]);
    expect(sessionCookieNames(header, "n".repeat(256))).toHaveLength(2);
  });
});

describe("putting together", () => {
  const signature = "A".repeat(43) + "=";

  test.each([
    ["nothing", null, []],
    ["only others", "other=1; _oauth2_proxy_csrf=2", []],
    ["whole", "a=1; _oauth2_proxy=v; b=2", ["v"]],
    ["planted and own", "_oauth2_proxy=planted; _oauth2_proxy=own", ["planted", "own"]],
    ["parts until the first gap", "_oauth2_proxy_0=a; _oauth2_proxy_1=b; _oauth2_proxy_3=d", ["ab"]],
    ["no first part", "_oauth2_proxy_1=b; _oauth2_proxy_2=c", []],
    ["a stale whole one and parts", "_oauth2_proxy_1=b; _oauth2_proxy=old; _oauth2_proxy_0=a", ["old", "ab"]],
    ["the first of doubled parts", "_oauth2_proxy_0=a; _oauth2_proxy_0=x; _oauth2_proxy_1=b", ["ab"]],
  ] as const)("%s", (_, header, values) => {
    expect(sessionCookieValues(header, "_oauth2_proxy")).toEqual([...values]);
  });

  test("parts left over from a larger session do not spoil it", () => {
    const header = `_oauth2_proxy_0=VALUE; _oauth2_proxy_1=|1700000000|${signature}; _oauth2_proxy_2=left-over`;
    expect(sessionCookieValues(header, "_oauth2_proxy")).toEqual([`VALUE|1700000000|${signature}`]);
  });
});

test("the names to clear are those of the session, and no others", () => {
  const header =
    "_oauth2_proxy=1; _oauth2_proxy_0=1; _oauth2_proxy_12=1; _oauth2_proxy_csrf=1; _oauth2_proxy_0_csrf=1; x_0=1; _oauth2_proxy_0=2";
  expect(sessionCookieNames(header, "_oauth2_proxy")).toEqual(["_oauth2_proxy", "_oauth2_proxy_0", "_oauth2_proxy_12"]);
  expect(sessionCookieNames(null, "_oauth2_proxy")).toEqual([]);
});
