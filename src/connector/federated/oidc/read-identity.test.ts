import { describe, expect, test } from "bun:test";
import { federatedOidc } from "../../../../test/support/federated-oidc.ts";
import type { OidcUpstream } from "../../../config/dex-connector-configuration.ts";
import { compileExpression } from "../../../protocol/regular-expression.ts";
import { ConnectorError } from "../../connector-error.ts";
import { readIdentity } from "./read-identity.ts";

type Claims = Record<string, unknown>;

const PROVIDER = { issuer: "https://idp.example", clientId: "gatehouse", clientSecret: "s" };
const ALICE: Claims = {
  sub: "alice-sub",
  name: "Alice W",
  preferred_username: "alice.w",
  email: "alice@example.com",
  email_verified: true,
  groups: ["admins", "dev"],
};

function read(claims: Claims, options: Partial<OidcUpstream> = {}): ReturnType<typeof readIdentity> {
  const upstream = federatedOidc(PROVIDER, options);
  const { groupsFilter } = upstream.claimModifications;
  const compiled = compileExpression(groupsFilter);
  const filter = groupsFilter !== "" && "expression" in compiled ? compiled.expression : undefined;
  return readIdentity({ ...ALICE, ...claims }, upstream, filter);
}

function failure(claims: Claims, options: Partial<OidcUpstream>): string {
  try {
    return JSON.stringify(read(claims, options));
  } catch (error) {
    if (error instanceof ConnectorError) return error.reason;
    throw error;
  }
}

const mapping = (claimMapping: Partial<OidcUpstream["claimMapping"]>, overrideClaimMapping = false) => ({
  overrideClaimMapping,
  claimMapping: { preferredUsername: "", email: "", groups: "", ...claimMapping },
});
const modified = (changed: Partial<OidcUpstream["claimModifications"]>) => ({
  claimModifications: { newGroupFromClaims: [], groupsFilter: "", prefix: "", suffix: "", ...changed },
});
const GROUPS = { insecureEnableGroups: true };
const recipe = (changed: object = {}) => ({
  newGroupFromClaims: [{ claims: ["org", "role"], delimiter: "::", clearDelimiter: false, prefix: "bk", ...changed }],
});

describe("who it is", () => {
  test.each<[string, Claims, Partial<OidcUpstream>, Claims]>([
    ["the standard claims", {}, {}, { userId: "alice-sub", username: "Alice W", preferredUsername: "alice.w" }],
    ["another claim as id", { employee: "4711" }, { userIdKey: "employee" }, { userId: "4711" }],
    ["another claim as name", {}, { userNameKey: "preferred_username" }, { username: "alice.w" }],
    ["an empty name", { name: "" }, {}, { username: "" }],
    ["no preferred user name", { preferred_username: undefined }, {}, { preferredUsername: "" }],
    ["a number as preferred user name", { preferred_username: 7 }, {}, { preferredUsername: "" }],
    [
      "a mapped claim where the standard one is missing",
      { preferred_username: undefined, login: "al" },
      mapping({ preferredUsername: "login" }),
      { preferredUsername: "al" },
    ],
    [
      "not where it is there",
      { login: "al" },
      mapping({ preferredUsername: "login" }),
      { preferredUsername: "alice.w" },
    ],
    [
      "a mapping that overrides",
      { login: "al", mail: "al@example.com" },
      mapping({ preferredUsername: "login", email: "mail" }, true),
      { preferredUsername: "al", email: "al@example.com" },
    ],
    [
      "a mapping that overrides with nothing",
      {},
      mapping({ preferredUsername: "login" }, true),
      { preferredUsername: "" },
    ],
    ["an address that is not verified", { email_verified: false }, {}, { emailVerified: false }],
    [
      "an address that nobody says is verified",
      { email_verified: undefined },
      { insecureSkipEmailVerified: true },
      { email: "alice@example.com", emailVerified: true },
    ],
    [
      "one that is said not to be",
      { email_verified: false },
      { insecureSkipEmailVerified: true },
      { emailVerified: false },
    ],
    [
      "no address where none was asked for",
      { email: undefined, email_verified: undefined },
      { scopes: ["profile"] },
      { email: "", emailVerified: false },
    ],
  ])("%s", (_name, claims, options, expected) => {
    expect(read(claims, options)).toMatchObject(expected);
  });

  test.each<[string, Claims, Partial<OidcUpstream>]>([
    ["no subject", { sub: undefined }, { userIdKey: "email" }],
    ["an empty subject", { sub: "" }, {}],
    ["no such id", {}, { userIdKey: "employee" }],
    ["a number as id", { employee: 4711 }, { userIdKey: "employee" }],
    ["a list as name", { name: ["Alice"] }, {}],
    ["no address at the mapped claim", { email: undefined }, mapping({ email: "mail" })],
    ["what every object inherits", {}, { userNameKey: "constructor" }],
    ["a text that says whether it is verified", { email_verified: "true" }, {}],
  ])("nobody: %s", (_name, claims, options) => {
    expect(failure(claims, options)).toBe("untrusted");
  });
});

describe("groups", () => {
  test.each<[string, Claims, Partial<OidcUpstream>, readonly string[]]>([
    ["are not believed by default", {}, {}, []],
    ["of a list", {}, GROUPS, ["admins", "dev"]],
    ["of objects with a name", { groups: [{ name: "a" }, { id: 1 }, "b", { name: 2 }] }, GROUPS, ["a", "b"]],
    ["of a single text", { groups: "solo" }, GROUPS, ["solo"]],
    ["of something else", { groups: 7 }, GROUPS, []],
    ["of a mapped claim", { groups: undefined, roles: ["r"] }, { ...GROUPS, ...mapping({ groups: "roles" }) }, ["r"]],
    [
      "of the standard claim first",
      { roles: ["r"] },
      { ...GROUPS, ...mapping({ groups: "roles" }) },
      ["admins", "dev"],
    ],
    ["of the mapped claim only", { roles: ["r"] }, { ...GROUPS, ...mapping({ groups: "roles" }, true) }, ["r"]],
    [
      "of a mapped claim where the standard one is no list",
      { groups: "solo", roles: ["r"] },
      { ...GROUPS, ...mapping({ groups: "roles" }) },
      ["r"],
    ],
    ["that pass the filter", {}, { ...GROUPS, ...modified({ groupsFilter: "^ad" }) }, ["admins"]],
    [
      "that pass the filter, of a single text",
      { groups: "dev" },
      { ...GROUPS, ...modified({ groupsFilter: "^ad" }) },
      [],
    ],
    [
      "that are allowed, in their own order",
      {},
      { ...GROUPS, allowedGroups: ["x", "dev", "admins"] },
      ["admins", "dev"],
    ],
    ["renamed", {}, { ...GROUPS, ...modified({ prefix: "<", suffix: ">" }) }, ["<admins>", "<dev>"]],
    [
      "that are allowed under their own names",
      {},
      { ...GROUPS, allowedGroups: ["dev"], ...modified({ prefix: "p-" }) },
      ["p-dev"],
    ],
    ["that are allowed, but not handed on", {}, { allowedGroups: ["dev"] }, []],
    ["made of claims", { org: "acme", role: "boss" }, modified(recipe()), ["bk::acme::boss"]],
    ["made of the claims there are", { role: "boss", org: 7 }, modified(recipe()), ["bk::boss"]],
    ["not made of none", {}, modified(recipe()), []],
    [
      "made, not renamed",
      { org: "a" },
      { ...GROUPS, ...modified({ prefix: "p-", ...recipe() }) },
      ["p-admins", "p-dev", "bk::a"],
    ],
    ["made, with delimiters", { org: "a::b" }, modified(recipe()), ["bk::a::b"]],
    ["made, without delimiters", { org: "a::b" }, modified(recipe({ clearDelimiter: true })), ["bk::ab"]],
  ])("%s", (_name, claims, options, expected) => {
    expect(read(claims, options).groups).toEqual(expected);
  });

  test.each<[string, Claims, Partial<OidcUpstream>, string]>([
    ["none is allowed", {}, { ...GROUPS, allowedGroups: ["x"] }, "denied"],
    ["none is allowed, where groups are not handed on", {}, { allowedGroups: ["x"] }, "denied"],
    [
      "allowed ones are filtered out",
      {},
      { ...GROUPS, allowedGroups: ["dev"], ...modified({ groupsFilter: "^ad" }) },
      "denied",
    ],
    ["there are none", { groups: undefined }, { ...GROUPS, allowedGroups: ["dev"] }, "denied"],
    ["something is no group", { groups: ["dev", 1] }, GROUPS, "untrusted"],
  ])("let nobody in when %s", (_name, claims, options, reason) => {
    expect(failure(claims, options)).toBe(reason);
  });
});

describe("personal claims", () => {
  test("are kept as they came, and only the standard ones", () => {
    const address = { locality: "Bern" };
    const told = {
      given_name: "Alice",
      address,
      phone_number_verified: false,
      updated_at: 1_700_000_000,
      acr: "silver",
    };
    expect(read({ ...told, employee: 1, gender: null }).additionalClaims).toEqual(told);
    expect(read({})).not.toHaveProperty("additionalClaims");
  });
});
