import { afterEach, expect, test } from "bun:test";
import { ALICE, oidcOptions, refresh, signIn, startFakeOidcVendor } from "../../../test/support/fake-oidc-vendor.ts";
import { TRANSACTION, vendorDeps } from "../../../test/support/fake-vendor.ts";
import type { AdfsConnectorConfiguration } from "../../config/connector-configuration.ts";
import { createAdfsConnector } from "./adfs-connector.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function start(changed: Partial<AdfsConnectorConfiguration> = {}) {
  const vendor = await startFakeOidcVendor({ "GET /userinfo": { body: { sub: "alice-sub" } } });
  open.push(vendor.stop);
  const options = { type: "adfs", skipScope: false, resource: "", ...oidcOptions(vendor), ...changed } as const;
  return { vendor, connector: createAdfsConnector(vendorDeps(), options) };
}

test.each([
  ["h:/a b?c=d&e=(f)*~", "h%3A%2Fa+b%3Fc%3Dd%26e%3D%28f%29%2A~"],
  ["h:/ä", "h%3A%2F%C3%A4"],
])("escapes the state once more: %s", async (state, escaped) => {
  const { connector } = await start();
  expect((await connector.authorizationUrl({ ...TRANSACTION, state })).searchParams.get("state")).toBe(escaped);
});

test.each<[Partial<AdfsConnectorConfiguration>, string | null]>([
  [{}, "openid email profile"],
  [{ resource: "https://res.example.com" }, "https://res.example.com/openid email profile"],
  [{ resource: "https://res.example.com/" }, "https://res.example.com/openid email profile"],
  [
    { resource: "https://res.example.com", scopes: ["https://res.example.com/openid"] },
    "https://res.example.com/openid",
  ],
  [{ resource: "https://res.example.com", skipScope: true }, null],
])("puts the resource before the scopes, or sends none: %j", async (changed, scope) => {
  const { connector } = await start(changed);
  expect((await connector.authorizationUrl(TRANSACTION)).searchParams.get("scope")).toBe(scope);
});

test("knows who has no address by the principal name, at a renewal too", async () => {
  const { vendor, connector } = await start();
  vendor.tokens.idToken = { ...ALICE, email: undefined, upn: "alice@corp.example" };
  const login = await signIn(connector);
  expect(login.identity.email).toBe("alice@corp.example");
  vendor.tokens.idToken = { ...ALICE, email: undefined, upn: "alice@new.example" };
  expect((await refresh(connector, login)).identity.email).toBe("alice@new.example");
  vendor.tokens.idToken = { ...ALICE, email: undefined };
  expect((await signIn(connector)).identity.email).toBe("");
});
