import { afterEach, describe, expect, test } from "bun:test";
import { ALICE, oidcOptions, refresh, signIn, startFakeOidcVendor } from "../../../test/support/fake-oidc-vendor.ts";
import { failureOf, TRANSACTION, vendorDeps } from "../../../test/support/fake-vendor.ts";
import type { AzureConnectorConfiguration, OidcEndpoints } from "../../config/connector-configuration.ts";
import { createAzureConnector } from "./azure-connector.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** As documented at https://learn.microsoft.com/graph/api/user-get */
const ME = {
  id: "87d349ed",
  displayName: "Alice",
  mail: "mail@example.com",
  userPrincipalName: "alice@tenant.example",
};
const NO_ENDPOINTS: OidcEndpoints = { authorization: "", token: "", userinfo: "", jwks: "", validate: "" };
const GROUPS =
  "GET /graph/v1.0/me/transitiveMemberOf?$count=true&$filter=securityEnabled+eq+true&$select=displayName,id";

async function start(version: 1 | 2, changed: Partial<AzureConnectorConfiguration> = {}) {
  const vendor = await startFakeOidcVendor({ "GET /graph/v1.0/me": { body: ME } });
  const prefix = version === 1 ? "/oauth2" : "/oauth2/v2.0";
  const options: AzureConnectorConfiguration = {
    type: "azure",
    tenant: "",
    graphGroupField: "",
    resource: "",
    ...oidcOptions(vendor, { scopes: ["openid"] }),
    endpoints: {
      ...NO_ENDPOINTS,
      authorization: `${vendor.url}${prefix}/authorize`,
      token: `${vendor.url}/token`,
      jwks: `${vendor.url}/jwks`,
    },
    ...changed,
  };
  open.push(vendor.stop);
  return { vendor, connector: createAzureConnector(vendorDeps({ fetch: vendor.fetch }), options) };
}

describe("the authorization request to azure", () => {
  const asked = async (version: 1 | 2, changed: Partial<AzureConnectorConfiguration>) =>
    (await start(version, changed)).connector.authorizationUrl(TRANSACTION);

  test("names the resource in version 1, and Graph in version 2", async () => {
    const first = (await asked(1, { resource: "res" })).searchParams;
    expect([first.get("scope"), first.get("resource")]).toEqual(["openid", "res"]);
    const second = (await asked(2, { resource: "res", scopes: ["openid", "email", "groups"] })).searchParams;
    expect([second.get("scope"), second.get("resource")]).toEqual([
      "openid email https://graph.microsoft.com/.default",
      null,
    ]);
    const given = ["openid", "https://graph.microsoft.com/.default"];
    expect((await asked(2, { scopes: given })).searchParams.get("scope")).toBe(given.join(" "));
    expect(first.has("nonce")).toBe(false);
  });

  test.each([
    ["", NO_ENDPOINTS, "https://login.microsoftonline.com/common/oauth2/authorize"],
    ["t-1", NO_ENDPOINTS, "https://login.microsoftonline.com/t-1/oauth2/authorize"],
    ["t-1", { ...NO_ENDPOINTS, authorization: "https://login.example/authorize" }, "https://login.example/authorize"],
  ])("goes to the tenant %p", async (tenant, endpoints, expected) => {
    const { origin, pathname } = await asked(1, { tenant, endpoints });
    expect(origin + pathname).toBe(expected);
  });
});

describe("a login at azure", () => {
  test("has address and groups of the ID token, and no user", async () => {
    const { vendor, connector } = await start(1, { resource: "res" });
    const login = await signIn(connector);
    expect(login.identity).toMatchObject({
      userId: "",
      preferredUsername: "",
      email: "alice@example.com",
      groups: ["admins", "dev"],
    });
    expect(vendor.asked()).toEqual([]);
    expect(vendor.tokenForms()).toEqual([
      {
        client_id: "gatehouse",
        client_secret: "the-client-secret",
        code: "the-code",
        grant_type: "authorization_code",
        redirect_uri: "https://wiki.example.com/oauth2/callback",
        resource: "res",
      },
    ]);
  });

  test.each([
    [{ ...ME }, "mail@example.com"],
    [{ ...ME, mail: null, otherMails: ["other@example.com"] }, "other@example.com"],
    [{ ...ME, mail: "", otherMails: [] }, "alice@tenant.example"],
  ])("takes a missing address from Graph: %j", async (me, email) => {
    const { vendor, connector } = await start(1);
    vendor.tokens.idToken = { ...ALICE, email: undefined };
    vendor.routes["GET /graph/v1.0/me"] = { body: me };
    expect((await signIn(connector)).identity.email).toBe(email);
  });

  test("lets nobody in without an address, or with one that is not verified", async () => {
    const { vendor, connector } = await start(1);
    vendor.tokens.idToken = { ...ALICE, email: undefined };
    vendor.routes["GET /graph/v1.0/me"] = { body: { id: "7" } };
    expect((await failureOf(signIn(connector))).reason).toBe("denied");
    vendor.tokens.idToken = { ...ALICE, email_verified: false };
    expect((await failureOf(signIn(connector))).reason).toBe("denied");
  });

  test("uses the access token when the ID token does not verify, but never an unverified one", async () => {
    const { vendor, connector } = await start(1);
    vendor.tokens.idToken = { ...ALICE, aud: "somebody else" };
    vendor.tokens.accessToken = { ...ALICE, email: "access@example.com" };
    expect((await signIn(connector)).identity.email).toBe("access@example.com");
    vendor.tokens.signedBy = "somebody else";
    expect((await failureOf(signIn(connector))).reason).toBe("untrusted");
    vendor.tokens.signedBy = "us";
    vendor.tokens.idToken = { ...ALICE, email: undefined };
    vendor.tokens.accessToken = await vendor.sign({ ...ALICE, email: "forged@example.com" }, "somebody else");
    expect((await signIn(connector)).identity.email).toBe("mail@example.com");
  });

  test.each([401, 429, 500])("lets nobody in whose address is at Graph while it answers %d", async (status) => {
    const { vendor, connector } = await start(1);
    vendor.tokens.idToken = { ...ALICE, email: undefined };
    vendor.routes["GET /graph/v1.0/me"] = { status, body: { error: { code: "x" } } };
    expect((await failureOf(signIn(connector))).reason).toBe("unreachable");
  });
});

describe("version 2 of azure", () => {
  const NEXT = "https://graph.microsoft.com/v1.0/me/transitiveMemberOf?$skiptoken=two";
  const first = { body: { "@odata.nextLink": NEXT, value: [{ id: "g1", displayName: "One" }] } };
  const second = { body: { value: [{ id: "g2", displayName: "Two" }, { id: "admins", displayName: "Admins" }, {}] } };
  const startWithGroups = async (changed: Partial<AzureConnectorConfiguration> = {}) => {
    const made = await start(2, changed);
    made.vendor.routes[GROUPS] = first;
    made.vendor.routes["GET /graph/v1.0/me/transitiveMemberOf?$skiptoken=two"] = second;
    return made;
  };

  test("has groups at Graph, page by page, by the field that is asked for", async () => {
    const { vendor, connector } = await startWithGroups();
    expect((await signIn(connector)).identity.groups).toEqual(["admins", "dev", "g1", "g2"]);
    expect(vendor.asked()[0]).toBe(`${GROUPS} Bearer at-1`);
    const named = await startWithGroups({ graphGroupField: "displayName" });
    expect((await signIn(named.connector)).identity.groups).toEqual(["admins", "dev", "One", "Two", "Admins"]);
  });

  test("lets nobody in while Graph does not answer, and keeps the groups at a renewal", async () => {
    const { vendor, connector } = await startWithGroups();
    const login = await signIn(connector);
    vendor.routes[GROUPS] = { status: 429 };
    expect((await failureOf(signIn(connector))).reason).toBe("unreachable");
    expect((await refresh(connector, login)).identity).toEqual(login.identity);
    vendor.routes[GROUPS] = { body: { value: [] } };
    expect((await refresh(connector, login)).identity.groups).toEqual(["admins", "dev"]);
  });

  test("has a lifetime in its answers", async () => {
    const { connector } = await startWithGroups();
    expect((await signIn(connector)).tokens.expiresAt).toBeGreaterThan(Date.now() / 1000);
  });
});

describe("a renewal at azure", () => {
  test("keeps what does not come anew", async () => {
    const { vendor, connector } = await start(1);
    const login = await signIn(connector);
    Object.assign(vendor.tokens, { refreshToken: undefined, accessToken: "at-2" });
    vendor.tokens.idToken = undefined;
    const renewed = await refresh(connector, login);
    expect(renewed.tokens).toMatchObject({ accessToken: "at-2", refreshToken: "rt-1" });
    expect(renewed.identity.groups).toEqual(["admins", "dev"]);
  });

  test("takes the groups of whoever is in none any more", async () => {
    const { vendor, connector } = await start(1);
    const login = await signIn(connector);
    vendor.tokens.idToken = { ...ALICE, groups: undefined };
    expect((await refresh(connector, login)).identity.groups).toEqual([]);
  });

  test("ends with another subject and with a refused token, but not with a server error", async () => {
    const { vendor, connector } = await start(1);
    const login = await signIn(connector);
    vendor.tokens.idToken = { ...ALICE, sub: "bob-sub" };
    expect((await failureOf(refresh(connector, login))).reason).toBe("revoked");
    vendor.tokens.errors = [{ status: 400, body: { error: "invalid_grant", error_description: "AADSTS700082" } }];
    expect((await failureOf(refresh(connector, login))).reason).toBe("revoked");
    vendor.tokens.errors = [{ status: 503, body: "down" }];
    expect((await failureOf(refresh(connector, login))).reason).toBe("unreachable");
  });
});

test("azure's sessions are good while the profile endpoint accepts the access token", async () => {
  const { vendor, connector } = await start(1);
  const login = await signIn(connector);
  expect(await connector.validate?.(login)).toBe(true);
  vendor.routes["GET /graph/v1.0/me"] = { status: 401 };
  expect(await connector.validate?.(login)).toBe(false);
  vendor.routes["GET /graph/v1.0/me"] = { status: 503 };
  expect((await failureOf(connector.validate!(login))).reason).toBe("unreachable");
});

test("azure's bearer tokens have fixed claims", async () => {
  const { vendor, connector } = await start(1);
  const login = await connector.verifyBearer?.(await vendor.sign({ ...ALICE, email: undefined }));
  expect(login?.identity).toMatchObject({ userId: "alice-sub", email: "alice-sub", groups: ["admins", "dev"] });
  expect(await connector.verifyBearer?.(await vendor.sign(ALICE, "somebody else"))).toBeUndefined();
});
