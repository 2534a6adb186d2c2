import { afterEach, expect, test } from "bun:test";
import { ALICE, oidcOptions, refresh, signIn, startFakeOidcVendor } from "../../../test/support/fake-oidc-vendor.ts";
import { failureOf, vendorDeps } from "../../../test/support/fake-vendor.ts";
import { createCidaasConnector } from "./cidaas-connector.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const USERINFO = {
  sub: "alice-sub",
  email: "ci@example.com",
  groups: [{ groupId: "CIDAAS_USERS", roles: ["USER", "SEE"] }, { groupId: "EMPTY" }],
  roles: ["ADMIN"],
};
const GROUPS = ["CIDAAS_USERS:USER", "CIDAAS_USERS:SEE", "cidaas:ADMIN"];

async function start(userinfo: unknown = USERINFO, status = 200) {
  const vendor = await startFakeOidcVendor({ "GET /userinfo": { body: userinfo, status } });
  open.push(vendor.stop);
  return { vendor, connector: createCidaasConnector(vendorDeps(), { type: "cidaas", ...oidcOptions(vendor) }) };
}

test("reads groups and roles at userinfo, asked once; the address of the ID token wins", async () => {
  const { vendor, connector } = await start();
  const { identity } = await signIn(connector);
  expect([identity.email, identity.groups]).toEqual(["alice@example.com", GROUPS]);
  vendor.tokens.idToken = { sub: "alice-sub" };
  expect((await signIn(connector)).identity).toMatchObject({ email: "ci@example.com", groups: GROUPS });
  expect(vendor.asked()).toEqual(Array(2).fill("GET /userinfo Bearer at-1"));
});

test.each([
  ["of texts", { ...USERINFO, groups: ["a"] }, ["admins", "dev"]],
  ["with odd roles", { ...USERINFO, roles: "ADMIN" }, ["admins", "dev"]],
  ["that are absent", { sub: "alice-sub" }, []],
])("has groups %s", async (_name, userinfo, groups) => {
  const { connector } = await start(userinfo);
  expect((await signIn(connector)).identity.groups).toEqual(groups);
});

test.each([401, 429, 500])("lets in by the ID token alone while userinfo answers %d", async (status) => {
  const { vendor, connector } = await start({}, status);
  expect((await signIn(connector)).identity.groups).toEqual(["admins", "dev"]);
  vendor.tokens.idToken = { ...ALICE, email: "" };
  expect((await failureOf(signIn(connector))).reason).toBe("denied");
});

test("refuses userinfo of somebody else", async () => {
  const { connector } = await start({ ...USERINFO, sub: "bob-sub" });
  expect((await failureOf(signIn(connector))).reason).toBe("untrusted");
});

test("asks again at a renewal, also at one without an ID token", async () => {
  const { vendor, connector } = await start();
  const login = await signIn(connector);
  vendor.tokens.idToken = undefined;
  vendor.routes["GET /userinfo"] = { body: { ...USERINFO, roles: [] } };
  expect((await refresh(connector, login)).identity.groups).toEqual(["CIDAAS_USERS:USER", "CIDAAS_USERS:SEE"]);
});
