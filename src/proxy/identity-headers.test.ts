import { describe, expect, test } from "bun:test";

import * as fc from "fast-check";

import type { Identity } from "../protocol/identity.ts";
import type { Session } from "../session/session.ts";
import {
  answerIdentityHeaders,
  type IdentityHeaderRules,
  isIdentityHeader,
  stripIdentityHeaders,
  upstreamIdentityHeaders,
} from "./identity-headers.ts";

const FUZZ_RUNS = Number(process.env["FUZZ_RUNS"] ?? 2000);
const NATIVE: IdentityHeaderRules = { style: "native", identity: true, accessToken: false, passUserHeaders: true };
const ORIGINAL: IdentityHeaderRules = { ...NATIVE, style: "oauth2-proxy" };

function sessionOf(part: Partial<Identity>, accessToken?: string): Session {
  const identity: Identity = {
    userId: "alice-sub",
    username: "Alice W",
    preferredUsername: "alice.w",
    email: "alice@example.com",
    emailVerified: true,
    groups: ["admins", "dev"],
    ...part,
  };
  const tokens = accessToken === undefined ? {} : { accessToken };
  return { id: "s", connectorId: "c", identity, tokens, createdAt: 0, refreshedAt: 0, expiresAt: 0 };
}

describe("the identity headers of an answer", () => {
  test("native: every one of both families, in the originals' words", () => {
    expect(answerIdentityHeaders(NATIVE, sessionOf({}))).toEqual([
      ["X-Auth-Request-User", "alice-sub"],
      ["X-Auth-Request-Email", "alice@example.com"],
      ["X-Auth-Request-Groups", "admins,dev"],
      ["X-Auth-Request-Preferred-Username", "alice.w"],
      ["X-Forwarded-User", "alice-sub"],
      ["X-Forwarded-Email", "alice@example.com"],
      ["X-Forwarded-Groups", "admins,dev"],
      ["X-Forwarded-Preferred-Username", "alice.w"],
    ]);
  });

  test("native: all of them are there, empty, for nobody", () => {
    const headers = answerIdentityHeaders({ ...NATIVE, accessToken: true }, undefined);
    expect(headers.map(([, value]) => value)).toEqual(["", "", "", "", "", "", "", "", ""]);
  });

  test("native: none when they are switched off", () => {
    expect(answerIdentityHeaders({ ...NATIVE, identity: false }, sessionOf({}))).toEqual([]);
  });

  test("oauth2-proxy: GAP-Auth, and empty ones are left out", () => {
    expect(answerIdentityHeaders(ORIGINAL, sessionOf({ groups: [], preferredUsername: "" }))).toEqual([
      ["GAP-Auth", "alice@example.com"],
      ["X-Auth-Request-User", "alice-sub"],
      ["X-Auth-Request-Email", "alice@example.com"],
    ]);
    expect(answerIdentityHeaders({ ...ORIGINAL, identity: false }, sessionOf({ email: "" }))).toEqual([
      ["GAP-Auth", "alice-sub"],
    ]);
    expect(answerIdentityHeaders(ORIGINAL, undefined)).toEqual([]);
  });

  test("the access token only when it is asked for", () => {
    const session = sessionOf({}, "at.1");
    const names = (rules: IdentityHeaderRules) => answerIdentityHeaders(rules, session).map(([name]) => name);
    expect(names({ ...ORIGINAL, accessToken: true })).toContain("X-Auth-Request-Access-Token");
    expect(names({ ...NATIVE, accessToken: true })).toContain("X-Auth-Request-Access-Token");
    expect(names({ ...NATIVE, accessToken: true })).not.toContain("X-Forwarded-Access-Token");
    expect(names(ORIGINAL)).not.toContain("X-Auth-Request-Access-Token");
  });

  test("are UTF-8 on the wire", () => {
    const headers = new Map(answerIdentityHeaders(ORIGINAL, sessionOf({ preferredUsername: "Jürgen 🎉" })));
    const value = headers.get("X-Auth-Request-Preferred-Username") ?? "";
    expect(Buffer.from(value, "latin1").toString("utf8")).toBe("Jürgen 🎉");
  });

  test("cannot be made to hold another header", () => {
    const value = new Map(answerIdentityHeaders(NATIVE, sessionOf({ preferredUsername: "a\r\nX-Evil: 1\0" })));
    expect(value.get("X-Auth-Request-Preferred-Username")).toBe("a  X-Evil: 1 ");
  });

  test("native: a comma in a group does not make two groups of it; as the original, it does", () => {
    const session = sessionOf({ groups: ["a,admins", "100%", "c d"] });
    expect(new Map(answerIdentityHeaders(NATIVE, session)).get("X-Auth-Request-Groups")).toBe("a%2Cadmins,100%25,c d");
    expect(new Map(answerIdentityHeaders(ORIGINAL, session)).get("X-Auth-Request-Groups")).toBe("a,admins,100%,c d");
  });

  test("any text whatever makes a valid header", () => {
    const text = fc.string({ unit: "binary", maxLength: 40 });
    fc.assert(
      fc.property(text, text, (one, two) => {
        const session = sessionOf({ userId: one, email: two, preferredUsername: one, groups: [one, two] });
        for (const rules of [NATIVE, ORIGINAL]) {
          const headers = new Headers();
          for (const [name, value] of answerIdentityHeaders(rules, session)) headers.set(name, value);
          for (const [, value] of headers) expect(/^[ -~\x80-\xff]*$/.test(value)).toBe(true);
        }
      }),
      { numRuns: FUZZ_RUNS },
    );
  });
});

describe("the identity headers of an upstream", () => {
  test("native: both families, without empty ones", () => {
    expect(upstreamIdentityHeaders(NATIVE, sessionOf({ groups: [], preferredUsername: "" }))).toEqual([
      ["X-Forwarded-User", "alice-sub"],
      ["X-Forwarded-Email", "alice@example.com"],
      ["X-Auth-Request-User", "alice-sub"],
      ["X-Auth-Request-Email", "alice@example.com"],
    ]);
  });

  test("oauth2-proxy: the user headers, with the access token when configured", () => {
    expect(upstreamIdentityHeaders({ ...ORIGINAL, accessToken: true }, sessionOf({}, "at.1"))).toEqual([
      ["X-Forwarded-User", "alice-sub"],
      ["X-Forwarded-Email", "alice@example.com"],
      ["X-Forwarded-Groups", "admins,dev"],
      ["X-Forwarded-Preferred-Username", "alice.w"],
      ["X-Forwarded-Access-Token", "at.1"],
    ]);
  });

  test("none for nobody", () => {
    expect(upstreamIdentityHeaders(NATIVE, undefined)).toEqual([]);
  });
});

describe("what a client claims to be", () => {
  const claims = [
    "X-Auth-Request-User",
    "x-auth-request-anything",
    "X_Auth_Request_User",
    "X-Auth_Request-Email",
    "X.Auth.Request.Groups",
    "X-Forwarded-User",
    "x_forwarded_groups",
    "X-FORWARDED_Preferred-Username",
    "X-Forwarded-Access-Token",
    "GAP-Auth",
    "gap_auth",
    "Remote-User",
    "REMOTE_USER",
    "X-Remote-Group",
    "X-Remote-Extra-Scopes",
    "X-WEBAUTH-USER",
    "Impersonate-User",
    "Impersonate-Extra-x",
  ];
  test.each(claims)("%p is removed", (name) => {
    const headers = new Headers({ [name]: "root", Accept: "text/html" });
    headers.append(name, "root2");
    stripIdentityHeaders(headers);
    expect([...headers]).toEqual([["accept", "text/html"]]);
  });

  const harmless = [
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "Authorization",
    "Cookie",
    "User-Agent",
    "X-User-Agent",
    "From",
  ];
  test.each(harmless)("%p stays", (name) => {
    expect(isIdentityHeader(name)).toBe(false);
  });

  test("several at once are all removed", () => {
    const headers = new Headers(claims.map((name): [string, string] => [name, "root"]));
    stripIdentityHeaders(headers);
    expect([...headers]).toEqual([]);
  });
});
