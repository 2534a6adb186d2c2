import { generateKeyPairSync } from "node:crypto";
import { afterEach, describe, expect, test } from "bun:test";
import {
  ALICE,
  type FakeOidcVendor,
  oidcOptions,
  refresh,
  signIn,
  startFakeOidcVendor,
} from "../../../../test/support/fake-oidc-vendor.ts";
import { failureOf, reasonOf, TRANSACTION, vendorDeps } from "../../../../test/support/fake-vendor.ts";
import type { OidcOptions } from "../../../config/connector-configuration.ts";
import type { RedirectConnector } from "../../connector.ts";
import { createOidcConnector } from "../oidc-connector.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function start(
  changed: Partial<OidcOptions> = {},
  routes: FakeOidcVendor["routes"] = {},
): Promise<{ readonly vendor: FakeOidcVendor; readonly connector: RedirectConnector }> {
  const vendor = await startFakeOidcVendor(routes);
  const options = { type: "oidc" as const, ...oidcOptions(vendor, changed) };
  const connector = createOidcConnector(vendorDeps({ fetch: vendor.fetch }), options);
  open.push(() => connector.close?.(), vendor.stop);
  return { vendor, connector };
}

const userinfo = (body: unknown): FakeOidcVendor["routes"] => ({ "GET /userinfo": { body } });

describe("the authorization request", () => {
  const query = async (
    changed: Partial<OidcOptions>,
    parameters: Record<string, readonly string[]>,
  ): Promise<string> => {
    const { connector } = await start(changed);
    const url = await connector.authorizationUrl({ ...TRANSACTION, parameters });
    return url.search.replaceAll(/127\.0\.0\.1%3A\d+/g, "HOST");
  };

  test("is sorted by name, keeps the endpoint's own query and sends every value", async () => {
    const endpoints = {
      ...oidcOptions({ url: "https://id.example" } as FakeOidcVendor).endpoints!,
      authorization: "https://id.example/a?z=1&tenant=7",
    };
    const asked = await query({ endpoints, pkce: "plain" }, { prompt: ["login", "consent"], acr_values: ["a b"] });
    expect(asked).toBe(
      "?acr_values=a+b&client_id=gatehouse&code_challenge=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&code_challenge_method=plain" +
        "&prompt=login&prompt=consent&redirect_uri=https%3A%2F%2Fwiki.example.com%2Foauth2%2Fcallback&response_type=code" +
        "&scope=openid+email+profile&state=a-state&tenant=7&z=1",
    );
  });

  test("is not changed in what the protocol needs", async () => {
    const hostile = { state: ["evil"], redirect_uri: ["https://evil.example"], client_id: ["evil"], scope: ["evil"] };
    expect(await query({}, hostile)).not.toContain("evil");
  });

  test("says unreachable when no endpoint is configured", async () => {
    const { connector } = await start({
      endpoints: { authorization: "", token: "", userinfo: "", jwks: "", validate: "" },
    });
    expect((await failureOf(connector.authorizationUrl(TRANSACTION))).reason).toBe("unreachable");
  });
});

describe("claims", () => {
  const identityOf = async (claims: Record<string, unknown>, changed: Partial<OidcOptions> = {}): Promise<unknown> => {
    const { vendor, connector } = await start(changed, userinfo({ ...ALICE, extra: "from userinfo" }));
    vendor.tokens.idToken = { ...ALICE, ...claims };
    const { userId, email, groups, preferredUsername } = (await signIn(connector)).identity;
    return [userId, email, groups, preferredUsername];
  };
  const usual = ["alice-sub", "alice@example.com", ["admins", "dev"], "alice.w"];

  test.each([
    ["as they should be", {}, usual],
    ["null, so those of userinfo", { groups: null, sub: null }, usual],
    ["one group", { groups: "single" }, usual.with(2, ["single"])],
    ["a group object", { groups: { b: 1, a: "<&>" } }, usual.with(2, ['{"a":"\\u003c\\u0026\\u003e","b":1}'])],
    ["a number as group", { groups: 5 }, usual.with(2, ["5"])],
    [
      "groups of odd types",
      { groups: [1, { a: "b" }, true, ["x"], null, "plain"] },
      usual.with(2, ["1", '{"a":"b"}', "true", '["x"]', "", "plain"]),
    ],
    ["no groups", { groups: [] }, usual.with(2, [])],
    ["an empty group", { groups: "" }, usual.with(2, [""])],
    ["a group twice", { groups: ["a", "a"] }, usual.with(2, ["a", "a"])],
    ["a number as address", { email: 5 }, usual.with(1, "5")],
    ["a list as address", { email: ["a@example.com"] }, usual.with(1, '["a@example.com"]')],
    ["a list as name", { preferred_username: ["x"] }, usual.with(3, '["x"]')],
    ["verified as text", { email_verified: "true" }, usual],
    ["verified as number", { email_verified: 1 }, usual],
  ])("are read: %s", async (_name, claims: Record<string, unknown>, expected) => {
    expect(await identityOf(claims)).toEqual(expected);
  });

  test("keep long numbers as they are", async () => {
    const groups = '{"sub":"alice-sub","groups":[12345678901234567890,1.50]}';
    const { vendor, connector } = await start({}, userinfo(groups));
    vendor.tokens.idToken = { ...ALICE, groups: undefined };
    expect((await signIn(connector)).identity.groups).toEqual(["12345678901234567890", "1.50"]);
  });

  test.each([
    ["an empty address", { email: "" }],
    ["an address that is not verified", { email_verified: false }],
    ["not verified, as text", { email_verified: "false" }],
    ["not verified, as number", { email_verified: 0 }],
    ["not verified, as nonsense", { email_verified: "maybe" }],
  ])("let nobody in: %s", async (_name, claims) => {
    expect((await failureOf(identityOf(claims))).reason).toBe("denied");
  });

  test("say nothing of verification where another claim is the address, or the operator does not care", async () => {
    const unverified = { email_verified: false };
    expect(await identityOf(unverified, { emailClaim: "preferred_username" })).toEqual(usual.with(1, "alice.w"));
    expect(await identityOf(unverified, { allowUnverifiedEmail: true })).toEqual(usual);
  });

  test("are found by path", async () => {
    const org = { unit: { leads: ["x", "y"] } };
    expect(await identityOf({ org }, { groupsClaim: "org.unit.leads" })).toEqual(usual.with(2, ["x", "y"]));
    const literal = { org, "org.unit.leads": ["literal"] };
    expect(await identityOf(literal, { groupsClaim: "org.unit.leads" })).toEqual(usual.with(2, ["literal"]));
  });

  test("are kept when they are additional, numbers as texts, missing ones left out", async () => {
    const additionalClaims = ["org.name", "org.unit", "employee_id", "missing.claim", "extra"];
    const { vendor, connector } = await start(
      { additionalClaims },
      userinfo({ sub: "alice-sub", extra: "from userinfo" }),
    );
    vendor.tokens.idToken = { ...ALICE, employee_id: 4711, org: { name: "Acme", unit: { code: "R&D", size: 3 } } };
    expect((await signIn(connector)).identity.additionalClaims).toEqual({
      "org.name": "Acme",
      "org.unit": { code: "R&D", size: "3" },
      employee_id: "4711",
      extra: "from userinfo",
    });
    vendor.routes["GET /userinfo"] = { status: 500 };
    expect((await signIn(connector)).identity.additionalClaims).not.toHaveProperty("extra");
  });
});

describe("userinfo", () => {
  const withoutGroups = { ...ALICE, groups: undefined };

  test("is asked once, and only when something is missing", async () => {
    const { vendor, connector } = await start({}, userinfo({ ...ALICE, groups: ["from userinfo"] }));
    await signIn(connector);
    expect(vendor.asked()).toEqual([]);
    vendor.tokens.idToken = { sub: "alice-sub" };
    expect((await signIn(connector)).identity.groups).toEqual(["from userinfo"]);
    expect(vendor.asked()).toEqual(["GET /userinfo Bearer at-1"]);
  });

  test("is not asked when it is to be skipped", async () => {
    const { vendor, connector } = await start({ skipUserinfo: true });
    vendor.tokens.idToken = withoutGroups;
    expect((await signIn(connector)).identity.groups).toEqual([]);
    vendor.tokens.idToken = { ...ALICE, email: undefined };
    expect(reasonOf(await failureOf(signIn(connector)))).toContain("e-mail");
    expect(vendor.asked()).toEqual([]);
  });

  test("of another subject is refused", async () => {
    const { vendor, connector } = await start({}, userinfo({ sub: "somebody-else", groups: ["admins"] }));
    vendor.tokens.idToken = withoutGroups;
    expect((await failureOf(signIn(connector))).reason).toBe("untrusted");
  });

  test.each([401, 403, 429, 500, 503])("that answers %d lets nobody in whose claims it has", async (status) => {
    const { vendor, connector } = await start({}, { "GET /userinfo": { status, body: {} } });
    vendor.tokens.idToken = withoutGroups;
    expect((await failureOf(signIn(connector))).reason).toBe("unreachable");
  });

  test("may be signed, and its signature is verified", async () => {
    const { vendor, connector } = await start();
    vendor.tokens.idToken = withoutGroups;
    const answer = async (by: "us" | "somebody else", claims = {}): Promise<void> => {
      const body = await vendor.sign({ sub: "alice-sub", groups: ["signed"], ...claims }, by);
      vendor.routes["GET /userinfo"] = { body, headers: { "Content-Type": "application/jwt; charset=utf-8" } };
    };
    await answer("us");
    expect((await signIn(connector)).identity.groups).toEqual(["signed"]);
    await answer("us", { iss: undefined, aud: undefined, exp: undefined });
    expect((await signIn(connector)).identity.groups).toEqual(["signed"]);
    await answer("somebody else");
    expect((await failureOf(signIn(connector))).reason).toBe("untrusted");
    await answer("us", { iss: "https://evil.example" });
    expect((await failureOf(signIn(connector))).reason).toBe("untrusted");
    await answer("us", { sub: "somebody-else" });
    expect((await failureOf(signIn(connector))).reason).toBe("untrusted");
    vendor.routes["GET /userinfo"] = { body: "nonsense", headers: { "Content-Type": "application/jwt" } };
    expect((await failureOf(signIn(connector))).reason).toBe("unreachable");
  });
});

describe("ID tokens", () => {
  const ends = async (claims: Record<string, unknown>, changed: Partial<OidcOptions> = {}): Promise<string> => {
    const { vendor, connector } = await start(changed, userinfo(ALICE));
    vendor.tokens.idToken = { ...ALICE, ...claims };
    return signIn(connector).then(
      () => "in",
      (error: { reason?: string; code?: string }) => error.code ?? "",
    );
  };
  const now = Math.floor(Date.now() / 1000);
  const OTHER = "https://other.example";

  test.each<[string, Record<string, unknown>, Partial<OidcOptions>, string]>([
    ["for us among others", { aud: ["x", "gatehouse"] }, {}, "in"],
    ["for somebody else", { aud: "x" }, {}, "connector_untrusted"],
    ["for nobody", { aud: undefined }, {}, "connector_untrusted"],
    ["for things that are no texts", { aud: [7, null, { a: 1 }] }, {}, "connector_untrusted"],
    ["for things and us", { aud: [7, "gatehouse"] }, {}, "in"],
    ["for an extra audience", { aud: "api" }, { extraAudiences: ["api"] }, "in"],
    ["for us by another claim", { aud: "x", client: "gatehouse" }, { audienceClaims: ["client", "aud"] }, "in"],
    ["for us by the second claim only", { client: "x" }, { audienceClaims: ["client", "aud"] }, "connector_untrusted"],
    ["without the first claim", {}, { audienceClaims: ["client", "aud"] }, "in"],
    ["of another issuer", { iss: OTHER }, {}, "connector_untrusted"],
    ["of another issuer, not looked at", { iss: OTHER }, { skipIssuerVerification: true }, "in"],
    ["that ended", { exp: now - 1 }, {}, "connector_untrusted"],
    ["without an end", { exp: undefined }, {}, "connector_untrusted"],
    ["that begins in four minutes", { nbf: now + 240 }, {}, "in"],
    ["that begins in six minutes", { nbf: now + 360 }, {}, "connector_untrusted"],
    ["of the future", { iat: now + 9999 }, {}, "in"],
    ["asked for by another party", { azp: "x", aud: ["gatehouse", "x"] }, {}, "in"],
    ["without a subject", { sub: undefined }, {}, "in"],
    ["with a number as subject", { sub: 42 }, {}, "connector_untrusted"],
    ["of another access token", { at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }, {}, "connector_untrusted"],
    ["with the nonce", { nonce: "a-nonce" }, { nonce: true }, "in"],
    ["with another nonce", { nonce: "other" }, { nonce: true }, "connector_invalid_login"],
    ["without a nonce", {}, { nonce: true }, "connector_invalid_login"],
    ["by an algorithm that is not enabled", {}, { signingAlgorithms: ["ES256"] }, "connector_untrusted"],
    ["by one of the enabled algorithms", {}, { signingAlgorithms: ["ES256", "RS256"] }, "in"],
  ])("%s", async (_name, claims, changed, expected) => {
    expect(await ends(claims, changed)).toBe(expected);
  });

  test("are signed by the configured keys, whatever they are named", async () => {
    const { vendor, connector } = await start();
    const withKeys = (publicKeys: readonly string[]): RedirectConnector => {
      const endpoints = { ...oidcOptions(vendor).endpoints!, jwks: "" };
      return createOidcConnector(vendorDeps(), { type: "oidc", ...oidcOptions(vendor, { publicKeys, endpoints }) });
    };
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const unrelated = pair.publicKey.export({ type: "spki", format: "pem" });
    expect((await signIn(withKeys([unrelated, vendor.publicKey]))).identity.userId).toBe("alice-sub");
    expect((await failureOf(signIn(withKeys([unrelated])))).reason).toBe("untrusted");
    vendor.tokens.signedBy = "somebody else";
    expect((await failureOf(signIn(withKeys([vendor.publicKey])))).reason).toBe("untrusted");
    expect((await failureOf(signIn(connector))).reason).toBe("untrusted");
    expect(() => withKeys(["no key"])).toThrow("public key 1 of the identity provider is not a PEM public key");
  });

  test("are mandatory at a login", async () => {
    const { vendor, connector } = await start();
    vendor.tokens.idToken = undefined;
    expect(reasonOf(await failureOf(signIn(connector)))).toContain("no ID token");
  });
});

describe("discovery", () => {
  const document = (url: string): Record<string, unknown> => ({
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    jwks_uri: `${url}/jwks`,
  });

  test("wins over configured endpoints", async () => {
    const { vendor } = await start();
    vendor.routes["GET /.well-known/openid-configuration"] = { body: document(vendor.url) };
    const endpoints = {
      authorization: "https://x.example",
      token: "https://x.example",
      userinfo: "https://x.example",
      jwks: "",
      validate: "",
    };
    const connector = createOidcConnector(vendorDeps(), {
      type: "oidc",
      ...oidcOptions(vendor, { discovery: true, endpoints }),
    });
    open.push(() => connector.close?.());
    expect((await connector.authorizationUrl(TRANSACTION)).href).toStartWith(`${vendor.url}/authorize?`);
    vendor.tokens.idToken = { ...ALICE, groups: undefined };
    expect((await signIn(connector)).identity.groups).toEqual([]);
  });

  test("may name another issuer where that is not looked at, and must share an algorithm", async () => {
    const { vendor } = await start();
    const made = (changed: Partial<OidcOptions>): RedirectConnector => {
      const options = oidcOptions(vendor, { discovery: true, ...changed });
      const connector = createOidcConnector(vendorDeps(), { type: "oidc", ...options });
      open.push(() => connector.close?.());
      return connector;
    };
    vendor.routes["GET /.well-known/openid-configuration"] = {
      body: {
        ...document(vendor.url),
        issuer: "https://{tenantid}.example",
        id_token_signing_alg_values_supported: ["RS256", "ES256"],
      },
    };
    expect((await failureOf(signIn(made({})))).reason).toBe("unreachable");
    const skipping = { skipIssuerVerification: true };
    vendor.tokens.idToken = { ...ALICE, iss: "https://7.example" };
    expect((await signIn(made(skipping))).identity.userId).toBe("alice-sub");
    const failure = await failureOf(signIn(made({ ...skipping, signingAlgorithms: ["PS512"] })));
    expect(reasonOf(failure)).toContain("none of its signature algorithms is usable");
  });
});

describe("the token endpoint", () => {
  const refused = (error: string, status = 400): { status: number; body: unknown } => ({ status, body: { error } });

  test("is asked in both ways, and the one that works is remembered", async () => {
    const { vendor, connector } = await start();
    vendor.tokens.errors = [refused("unsupported_everything")];
    await failureOf(signIn(connector));
    expect(vendor.tokenForms().map((form) => form.client_secret)).toEqual([undefined, "the-client-secret"]);
    const basicRefused = refused("invalid_request");
    vendor.tokens.errors = [];
    const issue = vendor.routes["POST /token"]!;
    vendor.routes["POST /token"] = (request) =>
      request.authorization === "none" && typeof issue === "function" ? issue(request) : basicRefused;
    await signIn(connector);
    await signIn(connector);
    expect(vendor.tokenForms().map((form) => form.client_secret === undefined)).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
  });

  test.each([
    ["an error", refused("invalid_request")],
    ["an error without a status", refused("invalid_grant", 200)],
    ["no JSON", { body: "oops" }],
    ["nothing", { body: {} }],
    ["a server error", { status: 502, body: "bad gateway" }],
    ["a rate limit", { status: 429, body: { error: "slow_down" } }],
  ])("that answers %s lets nobody in", async (_name, answer) => {
    const { vendor, connector } = await start();
    vendor.tokens.errors = [answer];
    expect(["denied", "unreachable"]).toContain((await failureOf(signIn(connector))).reason);
  });

  test("may answer with a form, any token type and no lifetime", async () => {
    const { vendor, connector } = await start();
    const body = new URLSearchParams({
      access_token: "at-1",
      id_token: await vendor.sign(ALICE),
      token_type: "mac",
    }).toString();
    vendor.routes["POST /token"] = { body };
    const { tokens } = await signIn(connector);
    expect(tokens.accessToken).toBe("at-1");
    expect(tokens.expiresAt).toBeUndefined();
  });
});

describe("a renewal", () => {
  test("brings new claims and tokens; userinfo fills in what is missing", async () => {
    const { vendor, connector } = await start(
      { nonce: false },
      userinfo({ sub: "alice-sub", preferred_username: "from userinfo" }),
    );
    const login = await signIn(connector);
    Object.assign(vendor.tokens, { accessToken: "at-2", refreshToken: "rt-2" });
    vendor.tokens.idToken = {
      ...ALICE,
      groups: ["new"],
      email: "new@example.com",
      preferred_username: undefined,
      nonce: "any",
    };
    const renewed = await refresh(connector, login);
    expect(renewed.tokens).toMatchObject({ accessToken: "at-2", refreshToken: "rt-2" });
    expect(renewed.identity).toMatchObject({
      email: "new@example.com",
      groups: ["new"],
      preferredUsername: "from userinfo",
    });
    expect(vendor.tokenForms().at(-1)).toEqual({ grant_type: "refresh_token", refresh_token: "rt-1" });
  });

  test("keeps what does not come anew, and does not ask userinfo then", async () => {
    const { vendor, connector } = await start({}, userinfo({ ...ALICE, groups: ["changed"] }));
    const login = await signIn(connector);
    Object.assign(vendor.tokens, { idToken: undefined, refreshToken: undefined, accessToken: "at-2" });
    const renewed = await refresh(connector, login);
    expect(renewed.identity).toEqual(login.identity);
    expect(renewed.tokens).toEqual({ ...login.tokens, accessToken: "at-2", expiresAt: expect.any(Number) });
    expect(vendor.asked()).toEqual([]);
  });

  test.each([
    ["invalid_grant", { status: 400, body: { error: "invalid_grant" } }, "revoked"],
    ["invalid_client", { status: 401, body: { error: "invalid_client" } }, "revoked"],
    ["invalid_grant in a text", { status: 503, body: "upstream said invalid_grant maybe" }, "revoked"],
    [
      "invalid_grant in the description",
      { status: 400, body: { error: "x", error_description: "invalid_grant" } },
      "revoked",
    ],
    ["a server error", { status: 500, body: { error: "server_error" } }, "unreachable"],
    ["a rate limit", { status: 429, body: "slow down" }, "unreachable"],
    ["no JSON", { body: "oops" }, "unreachable"],
  ])("that is refused with %s", async (_name, answer, reason) => {
    const { vendor, connector } = await start();
    const login = await signIn(connector);
    vendor.tokens.errors = [answer];
    expect((await failureOf(refresh(connector, login))).reason).toBe(reason as never);
  });

  test("does not end because an upstream in trouble does not take the other way of authentication", async () => {
    const { vendor, connector } = await start();
    const login = await signIn(connector);
    vendor.tokens.errors = [
      { status: 503, body: "down" },
      { status: 401, body: { error: "invalid_client" } },
    ];
    expect((await failureOf(refresh(connector, login))).reason).toBe("unreachable");
  });

  test.each([
    ["another subject", { sub: "bob-sub" }],
    ["no subject", { sub: undefined }],
    ["an address that is not verified any more", { email_verified: false }],
  ])("ends with %s", async (_name, claims) => {
    const { vendor, connector } = await start({}, userinfo(ALICE));
    const login = await signIn(connector);
    vendor.tokens.idToken = { ...ALICE, ...claims };
    expect((await failureOf(refresh(connector, login))).reason).toBe("revoked");
  });

  test("does not lose a rotated refresh token when the claims cannot be learnt", async () => {
    const { vendor, connector } = await start({}, { "GET /userinfo": { status: 500 } });
    const login = await signIn(connector);
    Object.assign(vendor.tokens, { idToken: { sub: "alice-sub" }, refreshToken: "rt-2" });
    const renewed = await refresh(connector, login);
    expect(renewed.identity).toEqual(login.identity);
    expect(renewed.tokens.refreshToken).toBe("rt-2");
  });

  test("is not possible without a refresh token", async () => {
    const { vendor, connector } = await start();
    vendor.tokens.refreshToken = undefined;
    expect(connector.canRefresh?.(await signIn(connector))).toBe(false);
  });
});

describe("validation", () => {
  const validated = { ...oidcOptions({ url: "" } as FakeOidcVendor).endpoints! };

  test("verifies the stored ID token", async () => {
    const { vendor, connector } = await start();
    const login = await signIn(connector);
    const withToken = async (claims: Record<string, unknown>, by?: "somebody else"): Promise<unknown> =>
      connector.validate?.({
        ...login,
        tokens: { ...login.tokens, idToken: await vendor.sign({ ...ALICE, ...claims }, by) },
      });
    expect(await connector.validate?.(login)).toBe(true);
    expect(await withToken({ exp: Math.floor(Date.now() / 1000) - 1 })).toBe(false);
    expect(await withToken({}, "somebody else")).toBe(false);
    expect(await connector.validate?.({ ...login, tokens: {} })).toBe(false);
    expect(vendor.asked()).toEqual([]);
  });

  test("of a renewed login asks the endpoint, and does not mind an old ID token", async () => {
    const { vendor } = await start();
    const endpoints = { ...validated, validate: `${vendor.url}/validate` };
    const connector = createOidcConnector(vendorDeps(), { type: "oidc", ...oidcOptions(vendor, { endpoints }) });
    const idToken = await vendor.sign({ ...ALICE, exp: 1 });
    const login = { identity: { ...NOBODY }, tokens: { accessToken: "at-9", idToken } };
    vendor.routes["GET /validate"] = { status: 200 };
    expect(await connector.validate?.(login, true)).toBe(true);
    vendor.routes["GET /validate"] = { status: 401 };
    expect(await connector.validate?.(login, true)).toBe(false);
    vendor.routes["GET /validate"] = { status: 500 };
    expect((await failureOf(connector.validate!(login, true))).reason).toBe("unreachable");
    expect(vendor.asked()).toEqual(Array(3).fill("GET /validate Bearer at-9"));
  });

  test("of a renewed login is fine when there is no endpoint", async () => {
    const { connector } = await start();
    expect(await connector.validate?.({ identity: NOBODY, tokens: {} }, true)).toBe(true);
  });
});

const NOBODY = { userId: "", username: "", preferredUsername: "", email: "", emailVerified: false, groups: [] };

describe("bearer tokens", () => {
  test("sign in by their claims alone", async () => {
    const { vendor, connector } = await start({}, userinfo(ALICE));
    const token = await vendor.sign({ ...ALICE, groups: undefined });
    const login = await connector.verifyBearer?.(token);
    expect(login?.identity).toMatchObject({ userId: "alice-sub", email: "alice@example.com", groups: [] });
    expect(login?.tokens).toEqual({ accessToken: token, idToken: token, expiresAt: expect.any(Number) });
    expect(vendor.asked()).toEqual([]);
  });

  test.each<[string, Record<string, unknown>, [string, string] | undefined]>([
    ["without an address", { email: undefined }, ["alice-sub", "alice-sub"]],
    ["without a subject", { sub: undefined }, ["", "alice@example.com"]],
    ["asked for by another party", { azp: "x", aud: ["gatehouse"] }, ["alice-sub", "alice@example.com"]],
    ["not verified", { email_verified: false }, undefined],
    ["not verified, as text", { email_verified: "false" }, undefined],
    ["that ended", { exp: 1 }, undefined],
    ["without an end", { exp: undefined }, undefined],
    ["not valid yet", { nbf: 4_102_444_800 }, undefined],
    ["for somebody else", { aud: "x" }, undefined],
    ["of another issuer", { iss: "https://other.example" }, undefined],
  ])("%s", async (_name, claims, expected) => {
    const { vendor, connector } = await start();
    const login = await connector.verifyBearer?.(await vendor.sign({ ...ALICE, ...claims }));
    expect(login && [login.identity.userId, login.identity.email]).toEqual(expected);
  });

  test("that are forged or no tokens sign nobody in, and do not become traffic", async () => {
    const { vendor, connector } = await start();
    for (let round = 0; round < 20; round++) {
      expect(await connector.verifyBearer?.(await vendor.sign(ALICE, "somebody else"))).toBeUndefined();
    }
    expect(vendor.requests.filter(({ target }) => target === "/jwks").length).toBeLessThanOrEqual(4);
    for (const token of ["", "a.b.c", "eyJ.eyJ.x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."]) {
      expect(await connector.verifyBearer?.(token)).toBeUndefined();
    }
  });

  test("sign nobody in while the keys cannot be had", async () => {
    const { vendor, connector } = await start();
    vendor.routes["GET /jwks"] = { status: 503 };
    expect(await connector.verifyBearer?.(await vendor.sign(ALICE))).toBeUndefined();
  });
});
