import { describe, expect, test } from "bun:test";

import * as fc from "fast-check";

import type { Identity } from "../protocol/identity.ts";
import type { Session } from "../session/session.ts";
import { answerIdentityHeaders, isIdentityHeader, upstreamIdentityHeaders } from "./identity-headers.ts";

const FUZZ_RUNS = Number(process.env["FUZZ_RUNS"] ?? 2000);

function sessionOf(part: Partial<Identity>): Session {
  const identity: Identity = {
    userId: "alice-sub",
    username: "Alice W",
    preferredUsername: "alice.w",
    email: "alice@example.com",
    emailVerified: true,
    groups: ["admins", "dev"],
    ...part,
  };
  const tokens = { accessToken: "at.1", idToken: "it.1", refreshToken: "rt.1" };
  return { id: "s", connectorId: "c", identity, tokens, createdAt: 0, refreshedAt: 0, expiresAt: 0 };
}

describe("the identity headers of an answer", () => {
  test("every one of both families, in the originals' words", () => {
    expect(answerIdentityHeaders(sessionOf({}))).toEqual([
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

  test("all of them are there, empty, for nobody", () => {
    expect(answerIdentityHeaders(undefined).map(([, value]) => value)).toEqual(["", "", "", "", "", "", "", ""]);
  });

  test("are UTF-8 on the wire", () => {
    const headers = new Map(answerIdentityHeaders(sessionOf({ preferredUsername: "Jürgen 🎉" })));
    const value = headers.get("X-Auth-Request-Preferred-Username") ?? "";
    expect(Buffer.from(value, "latin1").toString("utf8")).toBe("Jürgen 🎉");
  });

  test("cannot be made to hold another header", () => {
    const value = new Map(answerIdentityHeaders(sessionOf({ preferredUsername: "a\r\nX-Evil: 1\0" })));
    expect(value.get("X-Auth-Request-Preferred-Username")).toBe("a  X-Evil: 1 ");
  });

  test("a comma in a group does not make two groups of it", () => {
    const headers = new Map(answerIdentityHeaders(sessionOf({ groups: ["a,admins", "100%", "c d"] })));
    expect(headers.get("X-Auth-Request-Groups")).toBe("a%2Cadmins,100%25,c d");
  });

  test("any text whatever makes a valid header", () => {
    const text = fc.string({ unit: "binary", maxLength: 40 });
    fc.assert(
      fc.property(text, text, (one, two) => {
        const session = sessionOf({ userId: one, email: two, preferredUsername: one, groups: [one, two] });
        const headers = new Headers();
        for (const [name, value] of answerIdentityHeaders(session)) headers.set(name, value);
        for (const [, value] of headers) expect(/^[ -~\x80-\xff]*$/.test(value)).toBe(true);
      }),
      { numRuns: FUZZ_RUNS },
    );
  });
});

describe("the identity headers of an upstream", () => {
  test("both families, without empty ones", () => {
    expect(upstreamIdentityHeaders(sessionOf({ groups: [], preferredUsername: "" }))).toEqual([
      ["X-Forwarded-User", "alice-sub"],
      ["X-Forwarded-Email", "alice@example.com"],
      ["X-Auth-Request-User", "alice-sub"],
      ["X-Auth-Request-Email", "alice@example.com"],
    ]);
  });

  test("none for nobody", () => {
    expect(upstreamIdentityHeaders(undefined)).toEqual([]);
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
  test.each(claims)("%p is not believed", (name) => {
    expect(isIdentityHeader(name)).toBe(true);
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
});
