import { afterEach, describe, expect, test } from "bun:test";
import { ALICE, type FakeOidcVendor, startFakeOidcVendor } from "../../../test/support/fake-oidc-vendor.ts";
import { vendorDeps } from "../../../test/support/fake-vendor.ts";
import { type BearerIssuer, createBearerIssuer } from "./bearer-issuer.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function start(discovered: boolean): Promise<{ readonly vendor: FakeOidcVendor; readonly issuer: BearerIssuer }> {
  const vendor = await startFakeOidcVendor();
  const { url, routes } = vendor;
  const document = { issuer: url, authorization_endpoint: url, token_endpoint: url, jwks_uri: `${url}/jwks` };
  if (discovered) routes["GET /.well-known/openid-configuration"] = { body: document };
  else routes["GET /.well-known/jwks.json"] = routes["GET /jwks"]!;
  const issuer = createBearerIssuer(vendorDeps(), { issuer: url, audience: "api", extraAudiences: ["other-api"] });
  open.push(issuer.close, vendor.stop);
  return { vendor, issuer };
}

describe("an issuer of bearer tokens", () => {
  test.each([true, false])("signs in by fixed claims (discovered: %s)", async (discovered) => {
    const { vendor, issuer } = await start(discovered);
    const token = await vendor.sign({ ...ALICE, aud: "api" });
    expect(await issuer.verify(token)).toEqual({
      identity: {
        userId: "alice-sub",
        username: "alice.w",
        preferredUsername: "alice.w",
        email: "alice@example.com",
        emailVerified: true,
        groups: ["admins", "dev"],
      },
      tokens: { accessToken: token, idToken: token, expiresAt: expect.any(Number) },
    });
  });

  test.each<[string, Record<string, unknown>, string | undefined]>([
    ["without an address", { email: undefined }, "alice-sub"],
    ["for an extra audience", { aud: "other-api" }, "alice@example.com"],
    ["for the provider's own client", { aud: "gatehouse" }, undefined],
    ["not verified", { email_verified: false }, undefined],
    ["not verified, as text", { email_verified: "false" }, undefined],
    ["with a single group", { groups: "admins" }, undefined],
    ["with a number as group", { groups: [1] }, undefined],
    ["with a list as address", { email: ["a@example.com"] }, undefined],
    ["of another issuer", { iss: "https://other.example" }, undefined],
    ["that ended", { exp: 1 }, undefined],
  ])("%s", async (_name, claims, email) => {
    const { vendor, issuer } = await start(true);
    const login = await issuer.verify(await vendor.sign({ ...ALICE, aud: "api", ...claims }));
    expect(login?.identity.email).toBe(email);
  });

  test("that cannot be discovered is not asked again for each token", async () => {
    const { vendor, issuer } = await start(false);
    for (let round = 0; round < 10; round++) await issuer.verify(await vendor.sign({ ...ALICE, aud: "api" }));
    expect(vendor.requests.map(({ target }) => target)).toEqual([
      "/.well-known/openid-configuration",
      "/.well-known/jwks.json",
    ]);
  });
});
