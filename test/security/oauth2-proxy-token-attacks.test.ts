import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from "jose";
import { createHmac, createPublicKey } from "node:crypto";

import { Browser } from "../support/browser.ts";
import { type FakeProvider, type FakeProviderSettings, startFakeProvider } from "../support/fake-provider.ts";
import { ask, type Door, startDoor } from "../support/oauth2-proxy-door.ts";

/** Weak spots 13, 15 and 16: whoever can write a token but not sign it, or got one that was meant for somebody else. */
let door: Door;
let extra: FakeProvider;

beforeAll(async () => {
  extra = await startFakeProvider({ clientId: "extra-client", settings: { idTokenScope: "everything" } });
  door = await startDoor([
    "--skip-jwt-bearer-tokens",
    `--extra-jwt-issuers=${extra.issuer}=extra-client`,
    "--insecure-oidc-skip-nonce=false",
  ]);
});
afterAll(() => Promise.all([door.stop(), extra.stop()]));
const untouched: FakeProviderSettings[] = [];
beforeEach(() => {
  for (const [index, { settings }] of [door.provider, extra].entries()) {
    untouched[index] ??= structuredClone(settings);
    Object.assign(settings, structuredClone(untouched[index]));
  }
});

/** An ID token of a provider, as its settings have it made. */
async function tokenOf(provider: FakeProvider, settings: Partial<FakeProviderSettings> = {}): Promise<string> {
  Object.assign(provider.settings, settings);
  const redirectUri = "http://127.0.0.1/cb";
  const query = new URLSearchParams({ redirect_uri: redirectUri, client_id: provider.clientId, state: "s" });
  const code = (await provider.authorize(new URL(`${provider.issuer}/authorize?${query}`))).get("code") ?? "";
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    client_id: provider.clientId,
    client_secret: provider.clientSecret,
  });
  const answer: unknown = await (await fetch(`${provider.issuer}/token`, { method: "POST", body })).json();
  if (typeof answer !== "object" || answer === null || !("id_token" in answer)) throw new Error("no ID token");
  return String(answer.id_token);
}

const now = (): number => Math.floor(Date.now() / 1000);
const claimsOf = (issuer: string): Record<string, unknown> => ({
  iss: issuer,
  aud: "gatehouse",
  sub: "id-of-admin",
  email: "admin@example.com",
  email_verified: true,
  iat: now(),
  exp: now() + 300,
});
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

async function published(provider: FakeProvider): Promise<JWK> {
  // The fake's own document.
  const { keys } = (await (await fetch(`${provider.issuer}/jwks`)).json()) as { readonly keys: readonly JWK[] };
  const [key] = keys;
  if (key === undefined) throw new Error("no key");
  return key;
}

/** Signed with what everybody knows: the public key, as the secret of an HMAC. */
async function withPublicKeyAsSecret(form: "pem" | "der" | "jwk" | "x"): Promise<string> {
  const jwk = await published(door.provider);
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const secrets = {
    pem: () => key.export({ type: "spki", format: "pem" }),
    der: () => key.export({ type: "spki", format: "der" }),
    jwk: () => JSON.stringify(jwk),
    x: () => Buffer.from(jwk.x ?? "", "base64url"),
  };
  const input = `${base64({ alg: "HS256", typ: "JWT", kid: jwk.kid })}.${base64(claimsOf(door.provider.issuer))}`;
  return `${input}.${createHmac("sha256", secrets[form]()).update(input).digest("base64url")}`;
}

/** Signed with the attacker's key, which the header points to or brings along. */
async function withOwnKey(header: (jwk: object) => Record<string, unknown>): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const signer = new SignJWT(claimsOf(door.provider.issuer));
  return signer.setProtectedHeader({ alg: "ES256", ...header(await exportJWK(publicKey)) }).sign(privateKey);
}

async function tampered(change: (parts: string[]) => string[]): Promise<string> {
  return change((await tokenOf(door.provider)).split(".")).join(".");
}

const claims = (idTokenClaims: Record<string, unknown>) => () => tokenOf(door.provider, { idTokenClaims });

const FORGED: readonly (readonly [string, () => string | Promise<string>])[] = [
  ["without a signature (alg none)", () => new UnsecuredJWT(claimsOf(door.provider.issuer)).encode()],
  [
    "alg none, with a signature",
    async () => `${base64({ alg: "none" })}.${base64(claimsOf(door.provider.issuer))}.c2ln`,
  ],
  ["alg None", () => `${base64({ alg: "None" })}.${base64(claimsOf(door.provider.issuer))}.c2ln`],
  ["HS256 with the public key in PEM", () => withPublicKeyAsSecret("pem")],
  ["HS256 with the public key in DER", () => withPublicKeyAsSecret("der")],
  ["HS256 with the public key as JSON", () => withPublicKeyAsSecret("jwk")],
  ["HS256 with the public key's bytes", () => withPublicKeyAsSecret("x")],
  ["HS256 with the client secret", () => tokenOf(door.provider, { signing: "shared-secret" })],
  ["another key under the known kid", () => tokenOf(door.provider, { signing: "foreign-key" })],
  ["another key and no kid", () => tokenOf(door.provider, { signing: "foreign-key", nameKey: false })],
  ["a key that the header brings along", () => withOwnKey((jwk) => ({ jwk }))],
  ["a key set that the header points to", () => withOwnKey(() => ({ jku: "http://127.0.0.1:1/jwks" }))],
  ["a kid that is a path", () => withOwnKey(() => ({ kid: "../../../../dev/null" }))],
  [
    "a critical extension",
    () =>
      tampered(([, body = "", sign = ""]) => [
        base64({ alg: "ES256", kid: "key-1", crit: ["exp"], exp: 1 }),
        body,
        sign,
      ]),
  ],
  [
    "other claims under the signature",
    () => tampered(([head = "", , sign = ""]) => [head, base64(claimsOf(door.provider.issuer)), sign]),
  ],
  ["an empty signature", () => tampered(([head = "", body = ""]) => [head, body, ""])],
  [
    "another's signature",
    () => tampered(([head = "", body = "", sign = ""]) => [head, body, sign.slice(4) + sign.slice(0, 4)]),
  ],
  ["four parts", () => tampered((parts) => [...parts, "x"])],
  ["two parts", () => tampered((parts) => parts.slice(0, 2))],
  ["another audience", claims({ aud: "another" })],
  ["audiences that are others", claims({ aud: ["another", "gatehouse2", "Gatehouse"] })],
  ["no audience", claims({ aud: undefined })],
  ["an audience that is no text", claims({ aud: { gatehouse: true } })],
  ["an audience list with no text", claims({ aud: [null, 1, {}] })],
  ["another issuer", claims({ iss: "https://evil.test" })],
  ["an issuer that begins like ours", () => claims({ iss: `${door.provider.issuer}.evil.test` })()],
  ["an issuer with a slash more", () => claims({ iss: `${door.provider.issuer}/` })()],
  ["no issuer", claims({ iss: undefined })],
  ["a list of issuers", () => claims({ iss: [door.provider.issuer] })()],
  ["expired a second ago", () => claims({ exp: now() - 1 })()],
  ["no end", claims({ exp: undefined })],
  ["an end that is text", () => claims({ exp: String(now() + 300) })()],
  ["an end beyond counting", claims({ exp: "1e999" })],
  ["not yet valid", () => claims({ nbf: now() + 600 })()],
  ["an unverified address", claims({ email_verified: false })],
  ["an address unverified in text", claims({ email_verified: "false" })],
  [
    "the extra issuer's key under our issuer",
    () => tokenOf(extra, { idTokenClaims: { iss: door.provider.issuer, aud: "gatehouse" } }),
  ],
  ["the extra issuer's token for our client", () => tokenOf(extra, { idTokenClaims: { aud: "gatehouse" } })],
  ["our issuer's token for the extra client", claims({ aud: "extra-client" })],
];

describe("weak spot 13: a token is believed only when it was signed for us", () => {
  test.each(FORGED)("%s", async (_name, make) => {
    const token = await make();
    for (const authorization of [`Bearer ${token}`, `Basic ${btoa(`${token}:`)}`, `Basic ${btoa(`x:${token}`)}`]) {
      const answer = await ask(`${door.url}/oauth2/auth`, { authorization });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("gap-auth")).toBeNull();
    }
    expect((await ask(`${door.url}/`, { authorization: `Bearer ${token}` })).status).toBe(403);
    expect(door.seen).toEqual([]);
  });

  test("what is good goes on working", async () => {
    for (const provider of [door.provider, extra]) {
      const authorization = `Bearer ${await tokenOf(provider)}`;
      expect((await ask(`${door.url}/oauth2/auth`, { authorization })).status).toBe(202);
    }
  });
});

/** A whole login against what the provider now says. @returns the status of the callback. */
async function login(): Promise<number> {
  const browser = new Browser();
  const { location = "" } = await browser.request(`${door.url}/oauth2/start`);
  const callback = await door.provider.authorize(new URL(location));
  const { status } = await browser.request(`${door.url}/oauth2/callback?${callback}`);
  expect(browser.cookies.some(({ name }) => name === "_oauth2_proxy")).toBe(status === 302);
  return status;
}

describe("weak spot 13: at a login", () => {
  const SETTINGS: readonly (readonly [string, Partial<FakeProviderSettings>])[] = [
    ["an ID token without signature", { signing: "none" }],
    ["one signed with the client secret", { signing: "shared-secret" }],
    ["one of another key", { signing: "foreign-key" }],
    ["one for another client", { idTokenClaims: { aud: "another" } }],
    ["one of another issuer", { idTokenClaims: { iss: "https://evil.test" } }],
    ["an expired one", { idTokenClaims: { exp: 1_700_000_000 } }],
    ["one for another access token", { idTokenClaims: { at_hash: "AAAAAAAAAAAAAAAAAAAAAA" } }],
    ["an unverified address", { idTokenClaims: { email_verified: false } }],
    [
      "userinfo of another subject",
      { idTokenScope: "subject", userinfoClaims: { sub: "id-of-bob", email: "bob@example.com" } },
    ],
    ["userinfo with an empty subject", { idTokenScope: "subject", userinfoClaims: { sub: "" } }],
    ["an unverified address at userinfo", { idTokenScope: "subject", userinfoClaims: { email_verified: false } }],
  ];
  test.each(SETTINGS)("%s lets nobody in", async (_name, settings) => {
    Object.assign(door.provider.settings, settings);
    expect(await login()).toBeGreaterThanOrEqual(403);
  });

  test.each(["none", "foreign"])(
    "userinfo as a JWT that is not signed by the provider (%s) lets nobody in",
    async (how) => {
      const { privateKey } = await generateKeyPair("ES256");
      const body = { ...claimsOf(door.provider.issuer), sub: "id-of-alice", email: "root@example.com" };
      const jwt =
        how === "none"
          ? new UnsecuredJWT(body).encode()
          : await new SignJWT(body).setProtectedHeader({ alg: "ES256", kid: "key-1" }).sign(privateKey);
      const userinfo = Bun.serve({
        hostname: "127.0.0.1",
        port: 0,
        fetch: () => new Response(jwt, { headers: { "content-type": "application/jwt" } }),
      });
      const provider = {
        settings: { idTokenScope: "subject", discovery: { userinfo_endpoint: `http://127.0.0.1:${userinfo.port}/` } },
      } as const;
      const other = await startDoor([], { provider });
      const browser = await other.signIn();
      expect(browser.cookies.some(({ name }) => name === "_oauth2_proxy")).toBe(false);
      await Promise.all([other.stop(), userinfo.stop(true)]);
    },
  );

  test("what is good goes on working", async () => {
    expect(await login()).toBe(302);
    door.provider.settings.idTokenScope = "subject";
    expect(await login()).toBe(302);
  });
});

describe("weak spot 15: tokens that nobody signed cost the provider nothing", () => {
  test("a hundred unknown key names lead to a few requests for its keys", async () => {
    const before = door.provider.requests.jwks;
    for (let count = 0; count < 100; count += 1) {
      const token = await withOwnKey(() => ({ kid: `unknown-${count}` }));
      expect((await ask(`${door.url}/oauth2/auth`, { authorization: `Bearer ${token}` })).status).toBe(401);
    }
    expect(door.provider.requests.jwks - before).toBeLessThanOrEqual(4);
  });

  test("a header of a megabyte, and what is no token, are refused without an exception", async () => {
    for (const authorization of [
      `Bearer ey${"a".repeat(60_000)}.ey.x`,
      "Bearer ey.ey.",
      "Bearer eyA.eyA.A",
      `Bearer ey${"J".repeat(9)}.ey${"J".repeat(9)}.x`,
      "Bearer",
      "Bearer  ",
      "bearer eyA.eyA.A",
      "Basic",
      "Basic !!!",
      `Basic ${btoa("no colon")}`,
      `Basic ${btoa(":")}`,
      "Basic /////w==",
    ]) {
      expect((await ask(`${door.url}/oauth2/auth`, { authorization })).status).toBe(401);
    }
    expect(door.output()).not.toMatch(/request failed|TypeError|at .*\.ts/);
  });
});

test("weak spot 15: a provider that says nothing holds nobody for ever", async () => {
  const browser = new Browser();
  const { location = "" } = await browser.request(`${door.url}/oauth2/start`);
  const callback = await door.provider.authorize(new URL(location));
  door.provider.settings.delayMs = 25_000;
  const answer = browser.request(`${door.url}/oauth2/callback?${callback}`).then(({ status }) => String(status));
  expect(["500", "503"]).toContain(await Promise.race([answer, Bun.sleep(24_000).then(() => "still waiting")]));
}, 30_000);

test("weak spot 16: times that a bearer session does not have are left out, and nothing breaks", async () => {
  const header = (name: string, claim: string): unknown => ({ name, values: [{ claimSource: { claim } }] });
  const injectRequestHeaders = [
    header("X-Created", "created_at"),
    header("X-Ends", "expires_on"),
    header("X-No", "nothing"),
  ];
  const other = await startDoor(["--skip-jwt-bearer-tokens"], { rawPath: true, injectRequestHeaders });
  const authorization = `Bearer ${await tokenOf(other.provider)}`;
  expect((await ask(`${other.url}/`, { authorization })).status).toBe(200);
  expect(other.seen[0]?.headers["x-no"]).toBeUndefined();
  expect(other.seen[0]?.headers["x-created"] ?? "").not.toContain("0001-01-01");
  await other.stop();
});
