import { describe, expect, test } from "bun:test";

import * as fc from "fast-check";

import { parseTargetParts, parseTargetUrl, type Target, targetOfRequest, targetUrl } from "./target.ts";

const FUZZ_RUNS = Number(process.env["FUZZ_RUNS"] ?? 2000);

describe("a target's URL", () => {
  const rows: readonly [url: string, target: Partial<Target>][] = [
    ["https://a.test/", { scheme: "https", host: "a.test", port: "", path: "/", search: "" }],
    ["http://A.Test.:80/x//y;z?", { scheme: "http", host: "a.test", port: "", path: "/x//y;z", search: "?" }],
    ["https://a.test:8443/%2e%2e/%00?a=?b/c", { port: "8443", path: "/%2e%2e/%00", search: "?a=?b/c" }],
    ["http://[::1]:8080/", { host: "[::1]", port: "8080" }],
    ["wss://a.test/socket", { scheme: "https", path: "/socket" }],
    ["ws://a.test/socket", { scheme: "http" }],
    ["http://under_score.test/", { host: "under_score.test" }],
  ];
  test.each(rows)("%p", (url, target) => {
    expect(parseTargetUrl("GET", url)).toMatchObject({ method: "GET", ...target });
  });

  test("comes out as it went in", () => {
    for (const url of ["https://a.test/x//y;z?a=%2F", "http://a.test:8080/?", "https://a.test/%7e?#".slice(0, -1)]) {
      const target = parseTargetUrl("GET", url);
      expect(target === undefined ? undefined : targetUrl(target)).toBe(url);
    }
  });
});

describe("a method", () => {
  test.each(["GET", "FOO", "M-SEARCH", "CONNECT"])("%p is one", (method) => {
    expect(parseTargetUrl(method, "https://a.test/")?.method).toBe(method);
  });
  test.each([null, "", "get", "Get", "GET, POST", "GET ", "G\u00c9T", "X".repeat(33), "-", "GET\0"])(
    "%p is none that a rule could be held against",
    (method) => {
      expect(parseTargetUrl(method, "https://a.test/")).toBeUndefined();
    },
  );
});

describe("our own requests", () => {
  test("are read with the Host header and the public scheme", () => {
    const request = new Request("http://127.0.0.1/a/b?c", {
      method: "POST",
      headers: { Host: "Wiki.example.com:443" },
    });
    expect(targetOfRequest(request, "https")).toEqual({
      method: "POST",
      scheme: "https",
      host: "wiki.example.com",
      port: "",
      path: "/a/b",
      search: "?c",
    });
  });
  test("are refused without a Host, or with a list", () => {
    expect(targetOfRequest(new Request("http://127.0.0.1/"), "https")).toBeUndefined();
    const doubled = new Request("http://127.0.0.1/", { headers: { Host: "a.test, b.test" } });
    expect(targetOfRequest(doubled, "https")).toBeUndefined();
  });
});

describe("scheme names", () => {
  test.each(["constructor", "__proto__", "toString", "HTTP", "", "https "])("%p is none", (scheme) => {
    expect(parseTargetParts({ method: "GET", scheme, host: "a.test", uri: "/" })).toBeUndefined();
  });
});

describe("whatever is read", () => {
  const pieces = [
    "/",
    "//",
    "\\",
    "..",
    "%2e",
    "%",
    "#",
    "?",
    ";",
    "@",
    ":",
    "a.test",
    "evil.test",
    ":80",
    "\t",
    " ",
    "\0",
  ];
  const piece = fc.constantFrom(...pieces, "é", "[", "]", ",");
  const soup = fc.array(piece, { maxLength: 8 }).map((parts) => parts.join(""));

  test("goes to the same host in a browser, and is written as it was sent", () => {
    fc.assert(
      fc.property(soup, soup, (host, uri) => {
        const target = parseTargetParts({ method: "GET", scheme: "https", host, uri });
        if (target === undefined) return;
        expect(target.path + target.search).toBe(uri);
        const url = URL.parse(targetUrl(target));
        if (url !== null && target.host.endsWith("test")) expect(url.hostname).toBe(target.host);
      }),
      { numRuns: FUZZ_RUNS },
    );
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        parseTargetUrl(text, text);
        parseTargetUrl("GET", `https://${text}`);
        parseTargetParts({ method: "GET", scheme: text, host: text, uri: text });
      }),
      { numRuns: FUZZ_RUNS },
    );
  });
});
