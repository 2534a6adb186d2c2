import { describe, expect, test } from "bun:test";

import type { Access, AccessRule, Allow, AppConfiguration } from "../config/configuration.ts";
import type { Identity } from "../protocol/identity.ts";
import { createPolicy, decide } from "./decide.ts";
import { parseTargetUrl } from "./target.ts";

const EVERYONE: Allow = { everyone: true, groups: [], emails: [], emailDomains: [] };
const PUBLIC: Access = { kind: "public" };
const allow = (part: Partial<Allow>): Access => ({
  kind: "allow",
  allow: { everyone: false, groups: [], emails: [], emailDomains: [], ...part },
});
const app = (host: string, access: Access, rules: readonly AccessRule[] = []): AppConfiguration => ({
  host,
  name: host,
  access,
  rules,
});
const rule = (paths: string[], access: Access, methods: string[] = []): AccessRule => ({ paths, methods, access });

const admin = identity({ groups: ["admins"], email: "admin@corp.test" });
const staff = identity({ groups: ["staff"], email: "staff@corp.test" });
const guest = identity({ email: "guest@other.test" });

function identity(part: Partial<Identity>): Identity {
  return {
    userId: "u",
    username: "",
    preferredUsername: "",
    email: "",
    emailVerified: true,
    groups: [],
    ...part,
  };
}

const POLICY = createPolicy({
  admission: EVERYONE,
  apps: [
    app("wiki.example.com", allow({ groups: ["staff", "admins"] }), [
      rule(["/healthz"], PUBLIC, ["GET"]),
      rule(["/admin/**"], allow({ groups: ["admins"] })),
      rule(["/static/*.css", "/files/*/public"], PUBLIC),
      rule(["/café/**"], PUBLIC),
    ]),
    app("open.example.com", PUBLIC),
    app("raw.example.com", allow({ everyone: true })),
    app("port.example.com:8443", PUBLIC),
    app("any.example.com:*", PUBLIC),
    app("special.wild.example.com", PUBLIC),
    app("*.wild.example.com", allow({ everyone: true })),
    app("late.wild.example.com", PUBLIC),
  ],
});

function outcome(url: string, subject?: Identity, method = "GET"): string {
  const decision = decide(POLICY, parseTargetUrl(method, url), subject);
  return decision.outcome === "forbid" ? decision.reason : decision.outcome;
}

describe("which application", () => {
  const rows: readonly [url: string, expected: string][] = [
    ["https://open.example.com/", "allow"],
    ["https://OPEN.example.com./", "allow"],
    ["https://open.example.com:443/", "allow"],
    ["https://open.example.com:8443/", "no-app"],
    ["http://open.example.com:443/", "no-app"],
    ["https://port.example.com:8443/", "allow"],
    ["https://port.example.com/", "no-app"],
    ["https://any.example.com/", "allow"],
    ["http://any.example.com:81/", "allow"],
    ["https://a.wild.example.com/", "sign-in"],
    ["https://a.b.wild.example.com/", "sign-in"],
    ["https://special.wild.example.com/", "allow"],
    ["https://late.wild.example.com/", "sign-in"],
    ["https://wild.example.com/", "no-app"],
    ["https://badwild.example.com/", "no-app"],
    ["https://evil.test/", "no-app"],
    ["https://open.example.com.evil.test/", "no-app"],
    ["https://open.example.com@evil.test/", "no-target"],
    ["https://evil.test,open.example.com/", "no-target"],
    ["https:///", "no-target"],
  ];
  test.each(rows)("%p: %p", (url, expected) => {
    expect(outcome(url)).toBe(expected);
  });

  test("an unknown host is forbidden to a signed-in person too", () => {
    expect(outcome("https://evil.test/", admin)).toBe("no-app");
  });

  test("no target is forbidden, whoever asks", () => {
    expect(decide(POLICY, undefined, admin)).toEqual({ outcome: "forbid", reason: "no-target" });
  });
});

describe("which rule", () => {
  const rows: readonly [path: string, subject: Identity | undefined, method: string, expected: string][] = [
    ["/", undefined, "GET", "sign-in"],
    ["/", staff, "GET", "allow"],
    ["/", guest, "GET", "not-allowed"],
    ["/healthz", undefined, "GET", "allow"],
    ["/healthz?x=/admin", undefined, "GET", "allow"],
    ["/healthz", undefined, "POST", "sign-in"],
    ["/healthz", undefined, "HEAD", "sign-in"],
    ["/healthz/", undefined, "GET", "sign-in"],
    ["/x/healthz", undefined, "GET", "sign-in"],
    ["/healthzz", undefined, "GET", "sign-in"],
    ["/secret?/healthz", undefined, "GET", "sign-in"],
    ["/admin", staff, "GET", "not-allowed"],
    ["/admin/", staff, "GET", "not-allowed"],
    ["/admin/users?x", staff, "DELETE", "not-allowed"],
    ["/admin/users", admin, "GET", "allow"],
    ["/administrator", staff, "GET", "allow"],
    ["/admin/users", undefined, "GET", "sign-in"],
    ["/static/a.css", undefined, "GET", "allow"],
    ["/static/a/b.css", undefined, "GET", "sign-in"],
    ["/static/a.css.map", undefined, "GET", "sign-in"],
    ["/static/axcss", undefined, "GET", "sign-in"],
    ["/files/7/public", undefined, "GET", "allow"],
    ["/files/7/8/public", undefined, "GET", "sign-in"],
    ["/caf%C3%A9/x", undefined, "GET", "allow"],
    ["/a%20b", staff, "GET", "allow"],
  ];
  test.each(rows)("%p", (path, subject, method, expected) => {
    expect(outcome(`https://wiki.example.com${path}`, subject, method)).toBe(expected);
  });
});

describe("a path that could mean two things", () => {
  const ambiguous = [
    "//admin",
    "/x//admin",
    "/public/../admin",
    "/./admin",
    "/public/..",
    "/%2e%2e/admin",
    "/.%2E/admin",
    "/x/..%2fadmin",
    "/x%2Fadmin",
    "/x%5cadmin",
    "/%252e/admin",
    "/%2561dmin",
    "/%61dmin",
    "/%41dmin",
    "/admin%00",
    "/admin%0a",
    "/admin%7f",
    "/..;/admin",
    "/admin;x=1",
    "/admin%3bx",
    "/admin%",
    "/admin%zz",
    "/admin%c0%af",
    "/admin%ff",
    "/%2dadmin",
    "/%7eadmin",
    "/%5fadmin",
    "/%39",
  ];
  test.each(ambiguous)("%p is denied where there are path rules", (path) => {
    expect(outcome(`https://wiki.example.com${path}`, admin)).toBe("ambiguous-path");
  });
  test.each(ambiguous)("%p passes raw where there are none", (path) => {
    expect(outcome(`https://raw.example.com${path}`, admin)).toBe("allow");
  });
});

describe("admission", () => {
  const policy = createPolicy({
    admission: { ...EVERYONE, everyone: false, emailDomains: ["corp.test"] },
    apps: [app("public.test", PUBLIC), app("all.test", allow({ everyone: true }))],
  });
  const at = (host: string) => parseTargetUrl("GET", `https://${host}/`);

  test("is asked of everybody who is signed in", () => {
    expect(decide(policy, at("all.test"), staff).outcome).toBe("allow");
    expect(decide(policy, at("all.test"), guest)).toMatchObject({ outcome: "forbid", reason: "not-admitted" });
  });

  test("makes a stranger of somebody in a public place, without an identity", () => {
    expect(decide(policy, at("public.test"), guest)).toEqual({ outcome: "allow", app: app("public.test", PUBLIC) });
    expect(decide(policy, at("public.test"), staff)).toMatchObject({ outcome: "allow", subject: staff });
  });
});

describe("e-mail rules", () => {
  const admits = (part: Partial<Allow>, who: Partial<Identity>): boolean => {
    const access: Access = allow(part);
    if (access.kind !== "allow") throw new Error("an allow access");
    return createPolicy({ admission: access.allow, apps: [] }).admits(identity(who));
  };
  const rows: readonly [rule: Partial<Allow>, email: string, expected: boolean][] = [
    [{ emails: ["a@corp.test"] }, "A@Corp.test", true],
    [{ emails: ["a@corp.test"] }, "aa@corp.test", false],
    [{ emails: ["a@corp.test"] }, "a@corp.test.evil.test", false],
    [{ emailDomains: ["corp.test"] }, "a@CORP.test", true],
    [{ emailDomains: ["corp.test"] }, "a@sub.corp.test", false],
    [{ emailDomains: ["corp.test"] }, "a@badcorp.test", false],
    [{ emailDomains: ["corp.test"] }, "a@evil.test@corp.test", false],
    [{ emailDomains: ["corp.test"] }, '"a@b"@corp.test', false],
    [{ emailDomains: ["corp.test"] }, "@corp.test", false],
    [{ emailDomains: ["corp.test"] }, "corp.test", false],
    [{ emailDomains: ["corp.test"] }, "a@corp.test.", false],
    [{ emailDomains: ["corp.test"] }, "a@corp.test\0", false],
    [{ emailDomains: ["corp.test"] }, "a@corp.test@", false],
    [{ emailDomains: ["kelvin.test"] }, "a@\u212Aelvin.test", false],
    [{ emailDomains: [".corp.test"] }, "a@sub.corp.test", true],
    [{ emailDomains: ["*.corp.test"] }, "a@x.sub.corp.test", true],
    [{ emailDomains: [".corp.test"] }, "a@corp.test", false],
    [{ emailDomains: [".corp.test"] }, "a@.corp.test", false],
    [{ emailDomains: [".corp.test"] }, "a@badcorp.test", false],
    [{ emailDomains: ["*"] }, "a@evil.test", true],
    [{ emailDomains: ["*"] }, "", false],
    [{}, "a@corp.test", false],
  ];
  test.each(rows)("%p and %p: %p", (part, email, expected) => {
    expect(admits(part, { email })).toBe(expected);
  });

  test("an address nobody vouches for matches nothing", () => {
    const who = { email: "a@corp.test", emailVerified: false };
    for (const part of [{ emails: ["a@corp.test"] }, { emailDomains: ["corp.test"] }, { emailDomains: ["*"] }]) {
      expect(admits(part, who)).toBe(false);
    }
  });

  test("groups do not depend on the address", () => {
    expect(admits({ groups: ["x"] }, { groups: ["x"], emailVerified: false })).toBe(true);
    expect(admits({ groups: ["x"] }, { groups: ["X", "xx"] })).toBe(false);
  });
});
