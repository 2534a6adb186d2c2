import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { isIP } from "node:net";

import { createKeyRing } from "../../src/crypto/seal.ts";
import { createTrustedProxies, normalizeAddress } from "../../src/http/client-address.ts";
import { cookiePairs, cookieValues, readCookies } from "../../src/http/cookies.ts";
import { readForm } from "../../src/http/form.ts";
import { hostOf, pathAndQueryOf, pathOf, queryOf } from "../../src/http/request-target.ts";
import { isForeignPost, isFromAnotherSite } from "../../src/http/same-site.ts";
import { PublicError } from "../../src/protocol/public-error.ts";
import { matchRedirectUri } from "../../src/protocol/redirect-uri.ts";
import { parseReturnTarget } from "../../src/protocol/return-target.ts";
import { readStrictPath } from "../../src/proxy/access-rule.ts";
import { isNavigation } from "../../src/proxy/navigation.ts";
import { parseTargetParts, parseTargetUrl, targetOfRequest, targetUrl } from "../../src/proxy/target.ts";
import { parseSessionKey } from "../../src/session/session-record.ts";
import { PATIENCE, RUNS, check, headerText, nullable, text } from "../support/fuzzing.ts";

function requestWith(headers: Readonly<Record<string, string>>, method = "GET"): Request {
  return new Request("http://127.0.0.1/", { method, headers });
}

describe("targets", () => {
  test(
    "pieces: refused, or read as a browser reads them",
    () => {
      check([nullable, nullable, nullable, nullable], (method, scheme, host, uri) => {
        expectBrowserAgrees(parseTargetParts({ method, scheme, host, uri }));
      });
    },
    PATIENCE,
  );

  test(
    "pieces of which only one is odd",
    () => {
      const parts = fc.tuple(fc.constantFrom("method", "scheme", "host", "uri"), text);
      check([parts], ([odd, value]) => {
        const good = { method: "GET", scheme: "https", host: "wiki.example.com", uri: "/page?a=1" };
        expectBrowserAgrees(parseTargetParts({ ...good, [odd]: value }));
        if (odd === "uri") expectBrowserAgrees(parseTargetParts({ ...good, uri: `/${value}` }));
      });
    },
    PATIENCE,
  );

  test(
    "a URL",
    () => {
      check([text, nullable], (rest, url) => {
        expectBrowserAgrees(parseTargetUrl("GET", `https://wiki.example.com${rest}`));
        expectBrowserAgrees(parseTargetUrl("GET", url));
      });
    },
    PATIENCE,
  );

  test(
    "a request's own",
    () => {
      check([text, headerText], (rest, host) => {
        const request = requestLike(`http://wiki.example.com/${rest}`, { host });
        expect(pathAndQueryOf(request)).toBe(`/${rest}`);
        expect(pathOf(request) + (rest.includes("?") ? "?" : "") + queryOf(request)).toBe(`/${rest}`);
        hostOf(request);
        expectBrowserAgrees(targetOfRequest(request, "http"));
      });
    },
    PATIENCE,
  );

  test(
    "a path that rules may see means one thing",
    () => {
      check([text], (rest) => {
        const path = readStrictPath(`/${rest}`);
        // What a browser would still escape, and what ends a path.
        if (path === undefined || /[^!-~]|["#<>?\\^`{|}]/.test(rest)) return;
        expect(new URL(`http://a.test/${rest}`).pathname).toBe(`/${rest}`);
        expect(path).not.toMatch(/\/\/|\/\.{1,2}(?:\/|$)/);
      });
    },
    PATIENCE,
  );
});

/** A request whose URL is taken as it is, as the server hands it over. */
function requestLike(url: string, headers: Readonly<Record<string, string>>): Request {
  const request = requestWith(headers);
  return Object.defineProperty(request, "url", { value: url });
}

function expectBrowserAgrees(target: ReturnType<typeof parseTargetParts>): void {
  if (target === undefined) return;
  expect(target.path).toStartWith("/");
  const url = URL.parse(targetUrl(target));
  // A number for a host, such as `1.2` or `0x7f`, is rewritten to an address or refused; the host of no app has that form.
  if (url === null || /(?:^|\.)(?:\d+|0x[\da-f]*)$/.test(target.host) || /^\[|xn--/.test(target.host)) return;
  expect([url.hostname, url.port, url.hash]).toEqual([target.host, target.port, ""]);
}

describe("return targets", () => {
  const rules = { hosts: ["app.example.com", ".wild.test", "*.port.test:*"] };

  test(
    "a browser never leaves the allowed hosts",
    () => {
      check([text, fc.constantFrom("", "/", "//", "https://", "https://app.example.com", "/x/")], (rest, start) => {
        const target = parseReturnTarget(start + rest, rules);
        if (target === undefined) return;
        const url = new URL(target, "https://own.example/deep/path");
        const allowed = /^(?:own\.example|app\.example\.com|(?:.+\.)?wild\.test|(?:.+\.)?port\.test)$/;
        expect(url.hostname).toMatch(allowed);
        expect(url.protocol).toMatch(/^https?:$/);
        expect(url.username + url.password).toBe("");
        expect(target).toMatch(/^[!-~]+$/);
      });
    },
    PATIENCE,
  );

  test(
    "a redirect URI is never one that was not registered",
    () => {
      check([text, fc.boolean()], (uri, isPublic) => {
        const registered = ["https://app.example.com/cb"];
        const client = { redirectUris: registered, public: isPublic };
        const matched = matchRedirectUri(client, uri, "/dex");
        if (matched === undefined || registered.includes(uri)) return;
        expect(isPublic && /^http:\/\/localhost(?::\d+)?|^urn:|^\/device/.test(uri)).toBe(true);
      });
    },
    PATIENCE,
  );
});

describe("headers", () => {
  test(
    "cookies",
    () => {
      check([text, fc.string({ minLength: 1, maxLength: 3 })], (header, name) => {
        const pairs = cookiePairs(header);
        expect(pairs.length).toBeLessThanOrEqual(200);
        expect(cookieValues(header, name)).toEqual(pairs.filter(([found]) => found === name).map(([, value]) => value));
      });
      check([headerText], (header) => {
        for (const value of readCookies(requestWith({ cookie: header }), "a")) expect(value).not.toContain(";");
      });
    },
    PATIENCE,
  );

  test(
    "session keys and sealed values",
    () => {
      const keyRing = createKeyRing([new Uint8Array(32).fill(1)]);
      check([text], (value) => {
        const key = parseSessionKey(value);
        if (key !== undefined) expect(value).toBe(`${key.id}.${key.secret}`);
        expect(keyRing.open(value, "context")).toBeUndefined();
      });
    },
    PATIENCE,
  );

  test(
    "the client's address: the peer's, or an address that a trusted proxy wrote",
    () => {
      const proxies = createTrustedProxies(["10.0.0.0/8", "::1"]);
      const hop = fc.oneof(headerText, fc.ipV4(), fc.ipV6(), fc.constant("10.0.0.7"));
      check([fc.array(hop, { maxLength: 40 }), fc.constantFrom("10.0.0.1", "203.0.113.9")], (hops, peer) => {
        const request = requestWith({ "x-forwarded-for": hops.join(", ") });
        const address = proxies.clientAddress(request, { address: () => peer });
        expect(isIP(address)).toBeGreaterThan(0);
        if (!proxies.trusts(peer)) expect(address).toBe(peer);
      });
      check([text], (value) => {
        const address = normalizeAddress(value);
        if (address !== undefined) expect(isIP(address)).toBeGreaterThan(0);
      });
    },
    PATIENCE,
  );

  test(
    "where a request comes from, and what it wants",
    () => {
      const names = [
        "accept",
        "host",
        "origin",
        "referer",
        "sec-fetch-site",
        "sec-fetch-mode",
        "upgrade",
        "x-requested-with",
      ];
      check(
        [fc.dictionary(fc.constantFrom(...names), headerText), fc.constantFrom("GET", "POST")],
        (headers, method) => {
          const request = requestWith(headers, method);
          expect(isForeignPost(request)).toBeBoolean();
          expect(isFromAnotherSite(request)).toBeBoolean();
          expect(isNavigation(request.headers, method)).toBeBoolean();
        },
      );
    },
    PATIENCE,
  );

  test(
    "forms",
    async () => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        text.map((value) => new TextEncoder().encode(value)),
      );
      const type = fc.constantFrom(
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded;charset=x",
        "x",
      );
      const property = fc.asyncProperty(bytes, type, async (body, contentType) => {
        const headers = { "content-type": contentType };
        const request = new Request("http://127.0.0.1/", { method: "POST", headers, body: Buffer.from(body) });
        await readForm(request).catch((error: unknown) => {
          if (!(error instanceof PublicError)) throw error;
        });
      });
      await fc.assert(property, { numRuns: RUNS });
    },
    PATIENCE,
  );
});
