import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { isIP } from "node:net";

import { browserHostOf } from "../../src/http/browser-host.ts";
import { createTrustedProxies } from "../../src/http/client-address.ts";
import { openCsrfLogins } from "../../src/login/csrf-cookie.ts";
import { clientAddressOf } from "../../src/proxy/oauth2-proxy/client-address.ts";
import { parseEmailsFile } from "../../src/proxy/oauth2-proxy/emails-file.ts";
import { parseHtpasswd } from "../../src/proxy/oauth2-proxy/htpasswd.ts";
import {
  forwardedUri,
  openScope,
  ownUri,
  browserSchemeOf,
  browserUriOf,
} from "../../src/proxy/oauth2-proxy/request-scope.ts";
import { createIsReturnTarget } from "../../src/proxy/oauth2-proxy/return-target-rules.ts";
import { createSkipsAuth } from "../../src/proxy/oauth2-proxy/skip-auth.ts";
import { hasConstraints, meetsConstraints } from "../../src/proxy/query-constraints.ts";
import { encryptCfb } from "../../src/session/oauth2-proxy-cookie/cfb.ts";
import { sessionCookieNames, sessionCookieValues } from "../../src/session/oauth2-proxy-cookie/cookie-chunks.ts";
import { createCookieKey } from "../../src/session/oauth2-proxy-cookie/cookie-key.ts";
import { encodeLz4Frame } from "../../src/session/oauth2-proxy-cookie/lz4-frame.ts";
import { openSession, packSession, unpackSession } from "../../src/session/oauth2-proxy-cookie/session-codec.ts";
import { openSignedValue, signValue } from "../../src/session/oauth2-proxy-cookie/signed-value.ts";
import {
  createTicket,
  encodeTicket,
  openTicketValue,
  parseTicket,
} from "../../src/session/oauth2-proxy-cookie/ticket.ts";
import { check, headerText, PATIENCE, text } from "../support/fuzzing.ts";

/** The parsers of the drop-in's own formats: what strangers, and stores that others write to, put in front of them. */
const NAME = "_oauth2_proxy";
const clock = (): number => 1_785_000_000;
const made = createCookieKey(NAME, "0123456789abcdef0123456789abcdef", 0);
if (made === undefined) throw new Error("the secret has no length that AES takes");
const key = made;
const random = (size: number): Uint8Array => new Uint8Array(size).fill(7);
const bytes = fc.uint8Array({ maxLength: 400 });

const SESSION = {
  createdAt: clock(),
  expiresAt: clock() + 300,
  accessToken: "at",
  idToken: "it",
  refreshToken: "rt",
  nonce: random(32),
  email: "alice@example.com",
  user: "alice",
  groups: ["staff", "admins"],
  preferredUsername: "alice.w",
  additionalClaims: { department: ["a", 1, true, null], nested: { deep: "x" } },
};

/** Something real with a few bytes changed, cut or added. */
function damaged(real: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat({ max: real.length }), fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 3 }));
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) =>
      changes.reduce<Uint8Array>(
        (whole, [at, removed, added]) => Buffer.concat([whole.subarray(0, at), added, whole.subarray(at + removed)]),
        real,
      ),
    );
}

/** What opens is a session with fields of the kinds they must have. */
function expectSession(session: ReturnType<typeof unpackSession>): void {
  if (session === undefined) return;
  const { accessToken, idToken, refreshToken, email, user, groups, preferredUsername } = session;
  for (const value of [accessToken, idToken, refreshToken, email, user, preferredUsername, ...groups]) {
    expect(value).toBeString();
  }
  for (const time of [session.createdAt, session.expiresAt]) if (time !== undefined) expect(time).toBeNumber();
}

describe("cookies", () => {
  test(
    "signed values: anything that nobody signed is nothing",
    () => {
      check([text], (value) => {
        expect(openSignedValue({ clock }, key, value)).toBeUndefined();
        expect(openSession({ clock }, key, value)).toBeUndefined();
        expect(openCsrfLogins({ clock }, key, value)).toEqual([]);
      });
    },
    PATIENCE,
  );

  test(
    "signed values that say something else",
    () => {
      check([fc.oneof(bytes, damaged(encodeLz4Frame(packSession(SESSION))))], (frame) => {
        expectSession(
          openSession({ clock }, key, signValue(key, encryptCfb(key.encryptionKey, random(16), frame), clock())),
        );
        openSession({ clock }, key, signValue(key, frame, clock()));
      });
      check([fc.oneof(bytes, damaged(packSession(SESSION)))], (message) => {
        const value = signValue(key, encryptCfb(key.encryptionKey, random(16), encodeLz4Frame(message)), clock());
        expectSession(openSession({ clock }, key, value));
        expectSession(unpackSession(message));
        const csrf = signValue(key, encryptCfb(key.encryptionKey, random(16), message), clock());
        for (const login of openCsrfLogins({ clock }, key, csrf)) expect(login.stateSecret.length).toBeGreaterThan(15);
      });
    },
    PATIENCE,
  );

  test(
    "tickets name a key of their own kind, and open nothing that was not sealed for them",
    () => {
      const real = encodeTicket(createTicket(random, NAME));
      check(
        [
          fc.oneof(
            bytes,
            damaged(real),
            text.map((value) => Buffer.from(value)),
          ),
        ],
        (payload) => {
          const ticket = parseTicket(payload, NAME);
          if (ticket === undefined) return;
          expect(ticket.id).toMatch(/^_oauth2_proxy-[0-9a-f]{32}$/);
          expect(ticket.secret.length).toBe(16);
        },
      );
      check([bytes], (value) => expect(openTicketValue(createTicket(random, NAME), value)).toBeUndefined());
    },
    PATIENCE,
  );

  test(
    "headers with parts of a session",
    () => {
      const names = fc.constantFrom(NAME, `${NAME}_0`, `${NAME}_1`, `${NAME}_10`, `${NAME}_csrf`, `${NAME}x`, "a");
      check([fc.array(fc.tuple(names, headerText), { maxLength: 30 }), headerText], (pairs, rest) => {
        const header = `${pairs.map((pair) => pair.join("=")).join("; ")}; ${rest}`;
        const values = sessionCookieValues(header, NAME);
        expect(values.length).toBeLessThanOrEqual(9);
        for (const value of values) expect(openSession({ clock }, key, value)).toBeUndefined();
        for (const name of sessionCookieNames(header, NAME)) expect(name).toMatch(/^_oauth2_proxy(?:_\d{1,3})?$/);
      });
    },
    PATIENCE,
  );
});

describe("where somebody goes, and comes from", () => {
  test(
    "return targets: a browser ends on a listed host or on ours",
    () => {
      const isReturnTarget = createIsReturnTarget(["app.example.com", ".wild.test", "*.port.test:*", "[::1]:8443"]);
      const starts = fc.constantFrom(
        "",
        "/",
        "//",
        "https://",
        "http://",
        "https://app.example.com",
        "https://a.wild.test",
        "/x/",
      );
      check([starts, text], (start, rest) => {
        const target = start + rest;
        if (!isReturnTarget(target)) return;
        const url = new URL(target, "https://own.example/deep/path");
        expect(url.hostname).toMatch(
          /^(?:own\.example|app\.example\.com|(?:.+\.)?wild\.test|(?:.+\.)?port\.test|\[::1\])$/,
        );
        expect(url.protocol).toMatch(/^https?:$/);
      });
    },
    PATIENCE,
  );

  const proxies = createTrustedProxies(["10.0.0.0/8"]);
  const rules = {
    reverseProxy: true,
    allowQuerySemicolons: true,
    requestIdHeader: "x-request-id",
    trustedProxies: proxies,
  };
  const forwarded = fc.constantFrom(
    "host",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-uri",
    "x-forwarded-method",
    "x-real-ip",
    "x-request-id",
    "x-original-method",
  );
  const headersOf = fc.dictionary(forwarded, headerText);
  const peers = fc.constantFrom("10.0.0.1", "203.0.113.9", "");
  const scopeOf = (path: string, headers: Readonly<Record<string, string>>, peer: string) => {
    const request = new Request("http://own.test/", { headers });
    Object.defineProperty(request, "url", { value: `http://own.test/${path}` });
    return openScope(rules, request, { address: () => peer });
  };

  test(
    "forwarding headers: only a trusted hop's, and only what can be true",
    () => {
      check([text, headersOf, peers], (path, headers, peer) => {
        const scope = scopeOf(path, headers, peer);
        expect(scope.requestId).toMatch(/^[!-~]{1,128}$/);
        expect(browserSchemeOf(scope)).toBe(browserSchemeOf(scope).toLowerCase());
        if (peer === "203.0.113.9") {
          expect([browserHostOf(scope.request), browserUriOf(scope), browserSchemeOf(scope)]).toEqual([
            headers["host"] ?? "",
            ownUri(scope),
            "http",
          ]);
          expect(forwardedUri(scope)).toBeUndefined();
        } else if (browserHostOf(scope.request) !== (headers["host"] ?? "")) {
          expect(browserHostOf(scope.request)).toMatch(/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i);
        }
      });
    },
    PATIENCE,
  );

  test(
    "the client's address is one, or unknown",
    () => {
      const hop = fc.oneof(headerText, fc.ipV4(), fc.ipV6(), fc.constant("10.0.0.7"));
      check([fc.array(hop, { maxLength: 40 }), peers], (hops, peer) => {
        const scope = scopeOf("", { "x-real-ip": hops.join(", ") }, peer);
        const address = clientAddressOf({ realClientIpHeader: "X-Real-IP", trustedProxies: proxies }, scope);
        if (address !== undefined) expect(isIP(address)).toBeGreaterThan(0);
        if (peer === "203.0.113.9") expect(address).toBe(peer);
      });
    },
    PATIENCE,
  );

  test(
    "a path that passes lies below the rule's for whoever resolves and decodes it",
    () => {
      const skipsAuth = createSkipsAuth(
        {
          skipAuth: { rules: [{ pathPattern: "^/public/", negated: false }], preflight: false },
          trustedIps: [],
          reverseProxy: true,
          pathPrefix: "/oauth2",
          upstreams: { proxyRawPath: false, upstreams: [] },
        },
        { realClientIpHeader: "X-Real-IP", trustedProxies: proxies },
      );
      check([fc.constantFrom("/public/", "/public", "/", "//", "", "http://h/public/"), headerText], (start, rest) => {
        const uri = start + rest;
        if (!skipsAuth(scopeOf("oauth2/auth", { "x-forwarded-uri": uri }, "10.0.0.1"))) return;
        let url = new URL(uri.replace(/^\/{2,}/, "/"), "http://own.test/");
        for (let times = 0; times < 2; times += 1) {
          expect(url.pathname.replaceAll(/%2f/gi, "/").replaceAll(/\/{2,}/g, "/")).toStartWith("/public/");
          url = new URL(decodeBytes(url.pathname).replace(/^\/{2,}/, "/"), "http://own.test/");
        }
      });
    },
    PATIENCE,
  );
});

/** As a reader decodes that takes what it gets. */
function decodeBytes(path: string): string {
  const decoded = path.replaceAll(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(decoded, "latin1").toString();
}

describe("who may pass", () => {
  const subject = {
    userId: "1",
    username: "Alice",
    preferredUsername: "alice",
    email: "alice@example.com",
    emailVerified: true,
    groups: ["staff"],
  };

  test(
    "a constraint that names nothing of hers keeps Alice out",
    () => {
      const name = fc.constantFrom("allowed_groups", "allowed_emails", "allowed_email_domains", "%61llowed_groups");
      check([name, text, fc.constantFrom("", "=", "=a&", ";", "=,")], (constraint, value, mark) => {
        const query = `${constraint}${mark}${value}`;
        if (/staff|example|alice|%|[\ud800-\udfff]/i.test(value) || (!constraint.startsWith("a") && mark === ";"))
          return;
        if (!hasConstraints(query)) return;
        expect(meetsConstraints(query, { subject, verifiedEmailOnly: false })).toBe(false);
      });
    },
    PATIENCE,
  );

  test(
    "files of people: whatever they hold, nobody is in them twice or as nobody",
    () => {
      check([text, fc.boolean()], (content, hasUser) => {
        const known = hasUser ? `\nalice:{SHA}${"A".repeat(27)}=\n` : "\n";
        const { users, unusableLines } = parseHtpasswd(content + known);
        if (hasUser) expect(users.has("alice")).toBe(true);
        for (const [user, hash] of users)
          expect([user === "", hash === "", user.includes(":")]).toEqual([false, false, false]);
        expect(unusableLines.every((line) => line > 0)).toBe(true);
        expect(parseEmailsFile(content).has("")).toBe(false);
      });
    },
    PATIENCE,
  );
});
