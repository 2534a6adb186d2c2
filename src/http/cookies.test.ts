import { describe, expect, test } from "bun:test";

import { cookiePairs, cookieValues, deleteCookie, serializeCookie } from "./cookies.ts";

describe("cookies", () => {
  test("all values of a name, in the order sent, and no look-alikes", () => {
    expect(cookieValues("a=1; ab=2;a=3 ; xa=4; a", "a")).toEqual(["1", "3"]);
    expect(cookieValues(null, "a")).toEqual([]);
    expect(cookieValues('a="q"', "a")).toEqual(["q"]);
  });

  test("ten thousand cookies cost no more than two hundred", () => {
    const header = Array.from({ length: 10_000 }, (_, index) => `c${index}=v`).join("; ");
    expect(cookiePairs(header)).toHaveLength(200);
  });

  test("serialised as RFC 6265 has it, and deleted under the same path and domain", () => {
    const cookie = { name: "n", value: "v", path: "/p", domain: "example.com", secure: true, httpOnly: true } as const;
    expect(serializeCookie({ ...cookie, maxAgeSeconds: 60.9, sameSite: "Lax" })).toBe(
      "n=v; Path=/p; Domain=example.com; Max-Age=60; HttpOnly; Secure; SameSite=Lax",
    );
    expect(deleteCookie(cookie)).toBe("n=; Path=/p; Domain=example.com; Max-Age=0; HttpOnly; Secure");
  });
});
