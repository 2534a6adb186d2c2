import { describe, expect, test } from "bun:test";
import { ConnectorError } from "../connector-error.ts";
import { type ClaimRules, findClaim, isIncomplete, readIdentity } from "./identity-claims.ts";

const RULES: ClaimRules = { emailClaim: "email", groupsClaim: "groups", allowUnverifiedEmail: false };

describe("findClaim", () => {
  test.each([
    ["a name", { groups: ["a"] }, "groups", ["a"]],
    ["a path", { realm_access: { roles: ["a"] } }, "realm_access.roles", ["a"]],
    ["a literal name with dots before a path", { "a.b": 1, a: { b: 2 } }, "a.b", 1],
    ["a URL as name", { "https://example.com/groups": ["a"] }, "https://example.com/groups", ["a"]],
    ["nothing at the end of the path", { a: {} }, "a.b", undefined],
    ["a path through a text", { a: "text" }, "a.length", undefined],
    ["a path through a list", { a: [{ b: 1 }] }, "a.0.b", undefined],
    ["null", { a: null }, "a", undefined],
    ["what every object inherits", {}, "constructor.name", undefined],
    ["a prototype", {}, "__proto__.toString", undefined],
  ])("finds %s", (_name, claims: Record<string, unknown>, path, expected) => {
    expect(findClaim([claims], path)).toEqual(expected);
  });

  test("asks the sources in their order", () => {
    expect(findClaim([{ a: 1 }, { a: 2, b: 3 }], "a")).toBe(1);
    expect(findClaim([{ a: 1 }, { a: 2, b: 3 }], "b")).toBe(3);
  });
});

describe("groups", () => {
  test.each([
    ["a list", ["a", "b"], ["a", "b"]],
    ["one text", "a", ["a"]],
    ["objects with a name", [{ name: "a", id: 1 }, "b"], ["a", "b"]],
    ["the same one twice", ["a", "a"], ["a"]],
    ["what is no name", [1, null, "", {}, ["a"], true], []],
    ["control characters", ["a\r\nX-Evil: 1", "b\0", "c"], ["c"]],
    ["nothing", undefined, []],
    ["a number", 7, []],
  ])("are read from %s", (_name, groups, expected) => {
    expect(readIdentity([{ sub: "1", groups }], RULES).groups).toEqual(expected);
  });

  test("are bounded", () => {
    const groups = Array.from({ length: 20_000 }, (_, index) => `group-${index}`);
    expect(readIdentity([{ sub: "1", groups }], RULES).groups).toHaveLength(10_000);
  });

  test("are not read when no claim is configured", () => {
    expect(readIdentity([{ sub: "1", groups: ["a"], "": ["b"] }], { ...RULES, groupsClaim: "" }).groups).toEqual([]);
  });
});

describe("the e-mail address", () => {
  const emailOf = (sources: readonly Record<string, unknown>[], rules: Partial<ClaimRules> = {}): unknown => {
    const { email, emailVerified } = readIdentity(sources, { ...RULES, ...rules });
    return [email, emailVerified];
  };

  test.each([
    ["verified", { email: "a@b.example", email_verified: true }, ["a@b.example", true]],
    ["verified, as text", { email: "a@b.example", email_verified: "true" }, ["a@b.example", true]],
    ["not said", { email: "a@b.example" }, ["a@b.example", false]],
    ["said oddly", { email: "a@b.example", email_verified: 1 }, ["a@b.example", false]],
    ["no address", { email_verified: false }, ["", false]],
    ["an address that is none", { email: ["a@b.example"], email_verified: true }, ["", false]],
    ["an address with a line end", { email: "a@b.example\n", email_verified: true }, ["", false]],
  ])("is %s", (_name, claims, expected) => {
    expect(emailOf([{ sub: "1", ...claims }])).toEqual(expected);
  });

  test.each([false, "false"])("is refused when the upstream says it is not verified: %j", (verified) => {
    const read = (): unknown => emailOf([{ sub: "1", email: "a@b.example", email_verified: verified }]);
    expect(read).toThrow(ConnectorError);
    expect(read).toThrow("not verified");
  });

  test("is accepted unverified where the operator says so", () => {
    const claims = { sub: "1", email: "a@b.example", email_verified: false };
    expect(emailOf([claims], { allowUnverifiedEmail: true })).toEqual(["a@b.example", true]);
  });

  test("of another claim is not vouched for by email_verified", () => {
    const claims = { sub: "1", upn: "a@b.example", email: "c@d.example", email_verified: true };
    expect(emailOf([claims], { emailClaim: "upn" })).toEqual(["a@b.example", false]);
    expect(emailOf([{ ...claims, email_verified: false }], { emailClaim: "upn" })).toEqual(["a@b.example", false]);
  });

  test("is not verified by a source that names another one", () => {
    const sources = [
      { sub: "1", email: "victim@b.example" },
      { sub: "1", email: "me@b.example", email_verified: true },
    ];
    expect(emailOf(sources)).toEqual(["victim@b.example", false]);
  });
});

describe("names", () => {
  const namesOf = (claims: Record<string, unknown>): readonly string[] => {
    const identity = readIdentity([{ sub: "id-1", ...claims }], RULES);
    return [identity.userId, identity.username, identity.preferredUsername];
  };

  test.each([
    [{ name: "Alice", preferred_username: "alice", email: "a@b.example" }, ["id-1", "Alice", "alice"]],
    [{ preferred_username: "alice", email: "a@b.example" }, ["id-1", "alice", "alice"]],
    [{ email: "a@b.example" }, ["id-1", "a@b.example", ""]],
    [{ name: 7 }, ["id-1", "id-1", ""]],
  ])("of %j", (claims, expected) => {
    expect(namesOf(claims)).toEqual(expected);
  });
});

test("a renewal keeps name and address when the upstream says nothing of them, but not groups", () => {
  const previous = {
    userId: "id-1",
    username: "Alice",
    preferredUsername: "alice",
    email: "a@b.example",
    emailVerified: true,
    groups: ["staff"],
  };
  expect(readIdentity([{ sub: "id-1" }], RULES, previous)).toEqual({ ...previous, groups: [] });
  const moved = { sub: "id-1", email: "new@b.example" };
  expect(readIdentity([moved], RULES, previous)).toMatchObject({ email: "new@b.example", emailVerified: false });
});

test.each([
  ["all there", { email: "a@b.example", groups: [] }, false],
  ["no groups", { email: "a@b.example" }, true],
  ["no address", { groups: [] }, true],
])("userinfo is asked when something is missing: %s", (_name, claims, expected) => {
  expect(isIncomplete(claims, RULES)).toBe(expected);
});
