import { afterEach, expect, test } from "bun:test";
import { ALICE, oidcOptions, refresh, signIn, startFakeOidcVendor } from "../../../test/support/fake-oidc-vendor.ts";
import { failureOf, vendorDeps } from "../../../test/support/fake-vendor.ts";
import { createKeycloakOidcConnector } from "./keycloak-oidc-connector.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** What Keycloak puts into an access token: it is for `account`, not for the client. */
const ACCESS = {
  sub: "alice-sub",
  aud: "account",
  typ: "Bearer",
  realm_access: { roles: ["boss", "offline_access"] },
  resource_access: { app: { roles: ["reader", "view"] }, account: { roles: ["manage-account", 7] }, odd: 1 },
};
const ROLES = ["role:boss", "role:offline_access", "role:app:reader", "role:app:view", "role:account:manage-account"];

async function start() {
  const vendor = await startFakeOidcVendor();
  vendor.tokens.accessToken = ACCESS;
  open.push(vendor.stop);
  return {
    vendor,
    connector: createKeycloakOidcConnector(vendorDeps(), { type: "keycloak-oidc", ...oidcOptions(vendor) }),
  };
}

test("makes roles of the access token groups", async () => {
  const { connector } = await start();
  expect((await signIn(connector)).identity.groups).toEqual(["admins", "dev", ...ROLES]);
});

test.each([
  ["with an ID token", { ...ALICE }],
  ["without one", undefined],
])("does not double roles at a renewal %s, and forgets those that were taken away", async (_name, idToken) => {
  const { vendor, connector } = await start();
  const login = await signIn(connector);
  vendor.tokens.idToken = idToken;
  const renewed = await refresh(connector, login);
  expect(renewed.identity.groups).toEqual(["admins", "dev", ...ROLES]);
  vendor.tokens.accessToken = { ...ACCESS, realm_access: { roles: ["boss"] }, resource_access: undefined };
  expect((await refresh(connector, renewed)).identity.groups).toEqual(["admins", "dev", "role:boss"]);
});

test("believes no access token that is opaque, forged or of another realm", async () => {
  const { vendor, connector } = await start();
  vendor.tokens.accessToken = "at-1";
  expect((await failureOf(signIn(connector))).reason).toBe("untrusted");
  vendor.tokens.accessToken = await vendor.sign(ACCESS, "somebody else");
  expect((await failureOf(signIn(connector))).reason).toBe("untrusted");
  vendor.tokens.accessToken = { ...ACCESS, iss: `${vendor.url}/other` };
  expect((await failureOf(signIn(connector))).reason).toBe("untrusted");
});

test("lets nobody in without an address", async () => {
  const { vendor, connector } = await start();
  vendor.tokens.idToken = { ...ALICE, email: undefined };
  vendor.routes["GET /userinfo"] = { body: { sub: "alice-sub" } };
  expect((await failureOf(signIn(connector))).reason).toBe("denied");
});

test("reads the roles of a bearer token", async () => {
  const { vendor, connector } = await start();
  const login = await connector.verifyBearer?.(await vendor.sign({ ...ALICE, ...ACCESS, aud: "gatehouse" }));
  expect(login?.identity.groups).toEqual(["admins", "dev", ...ROLES]);
});
