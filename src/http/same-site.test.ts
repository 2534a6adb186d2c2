import { describe, expect, test } from "bun:test";

import { noteForwardedHost } from "./browser-host.ts";
import { isForeignPost, isFromAnotherSite } from "./same-site.ts";

const post = (headers: Record<string, string>): Request =>
  new Request("http://inner:4180/x", { method: "POST", headers: { host: "auth.example.com", ...headers } });

describe("a form", () => {
  test.each([
    [{ "sec-fetch-site": "same-origin" }, false],
    [{ "sec-fetch-site": "none" }, false],
    [{ "sec-fetch-site": "same-site" }, true],
    [{ "sec-fetch-site": "cross-site", origin: "https://auth.example.com" }, true],
    [{ origin: "https://auth.example.com" }, false],
    [{ origin: "https://AUTH.example.com:443" }, false],
    [{ origin: "https://auth.example.com." }, false],
    [{ origin: "https://auth.example.com:8443" }, true],
    [{ origin: "https://evil.test" }, true],
    [{ origin: "null" }, true],
    [{}, false],
  ])("with %j is foreign: %p", (headers, expected) => {
    expect(isForeignPost(post(headers))).toBe(expected);
  });

  test("is measured by the host that the browser asked for, where a trusted gateway says so", () => {
    const request = post({ origin: "https://Wiki.example.com", host: "gatehouse.svc:4180" });
    expect(isForeignPost(request)).toBe(true);
    noteForwardedHost(request, "wiki.example.com:443");
    expect(isForeignPost(request)).toBe(false);
  });
});

test.each([
  ["cross-site", true],
  ["same-site", false],
  ["none", false],
])("a link from %s is another site's: %p", (site, expected) => {
  expect(isFromAnotherSite(post({ "sec-fetch-site": site }))).toBe(expected);
});
