import { describe, expect, test } from "bun:test";

import type { OAuth2ProxyUpstreams, SkipAuthRule } from "../../config/oauth2-proxy-configuration.ts";
import { createTrustedProxies } from "../../http/client-address.ts";
import { openScope } from "./request-scope.ts";
import { createIsApiRoute, createSkipsAuth } from "./skip-auth.ts";

const NO_PROXIES = createTrustedProxies(["10.0.0.1"]);

interface Asked {
  readonly url?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly peer?: string;
}

function scopeOf({ url = "/", method = "GET", headers = {}, peer = "10.0.0.1" }: Asked) {
  const rules = {
    reverseProxy: true,
    allowQuerySemicolons: false,
    requestIdHeader: "X-Request-Id",
    trustedProxies: NO_PROXIES,
  };
  const request = new Request(`http://app.test${url}`, { method, headers: { host: "app.test", ...headers } });
  return openScope(rules, request, { address: () => peer });
}

const UPSTREAMS: OAuth2ProxyUpstreams = {
  proxyRawPath: false,
  upstreams: [
    { id: "files", path: "/", target: { kind: "file", directory: "/nowhere" } },
    { id: "gateway", path: "/gateway/", target: { kind: "static", status: 202 } },
  ],
};

function skips(rules: readonly SkipAuthRule[], asked: Asked, trustedIps: readonly string[] = [], preflight = false) {
  const addresses = { realClientIpHeader: "X-Forwarded-For", trustedProxies: NO_PROXIES };
  const configuration = {
    skipAuth: { rules, preflight },
    trustedIps,
    reverseProxy: true,
    pathPrefix: "/oauth2",
    upstreams: UPSTREAMS,
  };
  return createSkipsAuth(configuration, addresses)(scopeOf(asked));
}

const rule = (pathPattern: string, more: Partial<SkipAuthRule> = {}): SkipAuthRule => ({
  pathPattern,
  negated: false,
  ...more,
});
const PUBLIC = [rule("^/public/")];
const forwarded = (uri: string, more: Record<string, string> = {}): Asked => ({
  url: "/oauth2/auth",
  headers: { "x-forwarded-uri": uri, ...more },
});

describe("a skipped route", () => {
  test.each([
    "/public/x",
    "/%70ublic/x",
    "/public/x?y=/admin",
    "/public/a%20b",
    "http://h.test/public/x",
    "/public//x",
    "/public/100%25",
    "/public/what%3f",
    "/public/x#y",
  ])("lets %s pass", (uri) => expect(skips(PUBLIC, forwarded(uri))).toBe(true));

  test.each([
    "/admin",
    "/public/../admin",
    "/public/%2e%2e/admin",
    "/public/%252e%252e/admin",
    "/public/..%2fadmin",
    "/public/..%5cadmin",
    "/public/..;x/admin",
    "/public/\\..\\admin",
    "//admin/public/x",
    "/admin?/public/",
    "/admin#/public/",
    "/admin%23/public/",
    "/admin%3f/public/",
    "/public/x, /admin",
    "/public/%zz",
    "/public/..%00/../admin",
    "http:///public/x",
    "/public/%25a0/%252e%252e/%252e%252e/admin",
    "/public/%23/../../admin",
    "/public/%3f/../../admin",
    "/public/x#/../../../admin",
    "/public%2Fx/../admin",
    "/public%2F~/../",
    "/public/a%2Fb/../../admin",
    "public/x",
    "\\public\\x",
  ])("does not let %s pass", (uri) => expect(skips(PUBLIC, forwarded(uri))).toBe(false));

  test("an unanchored pattern matches no path that only decodes to it", () => {
    expect(skips([rule("/public")], forwarded("/admin/%2e%2e/public/../admin"))).toBe(false);
  });

  test("is judged by the request's own path where no trusted hop says otherwise", () => {
    const claimed = { "x-forwarded-uri": "/public/x" };
    expect(skips(PUBLIC, { url: "/public/x" })).toBe(true);
    expect(skips(PUBLIC, { url: "/admin", headers: claimed, peer: "192.0.2.1" })).toBe(false);
  });

  test("must fit what is fetched from an application too, whatever a hop says was asked for", () => {
    const claimed = { "x-forwarded-uri": "/public/x", "x-forwarded-method": "GET" };
    expect(skips(PUBLIC, { url: "/admin", headers: claimed })).toBe(false);
    expect(skips(PUBLIC, { url: "/oauth2/auth/", headers: claimed })).toBe(false);
    expect(skips(PUBLIC, { url: "/public/y", headers: claimed })).toBe(true);
    expect(skips(PUBLIC, { url: "/public/y", headers: { "x-forwarded-uri": "/admin" } })).toBe(false);
    expect(skips(PUBLIC, { url: "/gateway/", headers: claimed })).toBe(true);
    const get = [rule("^/public/", { method: "GET" })];
    expect(skips(get, { url: "/public/x", method: "POST", headers: { "x-forwarded-method": "GET" } })).toBe(false);
    expect(skips(get, { url: "/gateway/", method: "POST", headers: claimed })).toBe(true);
  });

  test("with a method holds for this method only, by the word of every header of a trusted hop", () => {
    const get = [rule("^/x$", { method: "GET" })];
    expect(skips(get, { url: "/x" })).toBe(true);
    expect(skips(get, { url: "/x", method: "POST" })).toBe(false);
    expect(skips(get, forwarded("/x", { "x-forwarded-method": "POST" }))).toBe(false);
    expect(skips(get, forwarded("/x", { "x-original-method": "GET" }))).toBe(true);
    expect(skips(get, forwarded("/x", { "x-forwarded-method": "GET", "x-original-method": "POST" }))).toBe(false);
  });

  test("negated lets everything pass that matches in no reading", () => {
    const rules = [rule("^/secret/", { negated: true })];
    expect(skips(rules, forwarded("/open"))).toBe(true);
    expect(skips(rules, forwarded("/secret/x"))).toBe(false);
    expect(skips(rules, forwarded("/open/../secret/x"))).toBe(false);
    expect(skips(rules, forwarded("/%73ecret/x"))).toBe(false);
  });
});

describe("a trusted client", () => {
  const IPS = ["192.0.2.0/24"];
  const via = (header: string, peer = "10.0.0.1"): Asked => ({ headers: { "x-forwarded-for": header }, peer });
  test.each([
    ["192.0.2.7", true],
    ["192.0.2.7:1234", true],
    ["192.0.2.7, 10.0.0.1", true],
    ["198.51.100.1, 192.0.2.7", true],
    ["192.0.2.7, 198.51.100.1", false],
    ["192.0.2.7, garbage", false],
    ["192.0.2.7%eth0", false],
    ["[192.0.2.7]", false],
    ["", false],
  ])("%j behind a trusted hop: %p", (header, expected) => {
    expect(skips([], via(header), IPS)).toBe(expected);
  });

  test("is the peer where it is no trusted hop, and nobody where nothing is said behind gateways", () => {
    expect(skips([], via("192.0.2.7", "198.51.100.9"), IPS)).toBe(false);
    expect(skips([], via("198.51.100.1", "192.0.2.9"), IPS)).toBe(true);
    expect(skips([], { peer: "192.0.2.9" }, IPS)).toBe(false);
    expect(skips([], { peer: "" }, IPS)).toBe(false);
  });
});

test("preflights pass where they may", () => {
  expect(skips([], { method: "OPTIONS" }, [], true)).toBe(true);
  expect(skips([], { method: "OPTIONS" })).toBe(false);
  expect(skips([], { method: "GET" }, [], true)).toBe(false);
});

test("an API route is matched with its query", () => {
  const isApiRoute = createIsApiRoute(["^/api/", "format=json$"]);
  expect(isApiRoute(scopeOf({ url: "/api/x" }))).toBe(true);
  expect(isApiRoute(scopeOf({ url: "/x?format=json" }))).toBe(true);
  expect(isApiRoute(scopeOf({ url: "/x/api/" }))).toBe(false);
  expect(createIsApiRoute([])(scopeOf({ url: "/api/x" }))).toBe(false);
});
