import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { Browser } from "../support/browser.ts";
import { startGatehouse } from "../support/gatehouse.ts";

/** A token is good for what it was made for, and nothing else. */
const HOST = "auth.gatehouse.localhost";
const CALLBACK = "https://app.example.com/cb";
const VERIFIER = "v".repeat(43);
const passwordHash = await hashPassword("correct horse", "bcrypt");

let gatehouse: Awaited<ReturnType<typeof startGatehouse>>;
let tokens: { readonly access_token: string; readonly id_token: string; readonly refresh_token: string };

beforeAll(async () => {
  gatehouse = await startGatehouse(
    ({ port, telemetryPort }) => `
publicUrl: http://${HOST}:${port}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
connectors:
  - { id: local, type: local, users: [{ email: alice@example.com, passwordHash: "${passwordHash}" }] }
provider: { skipApproval: true }
clients:
  - { id: app, secret: "app secret", redirectUris: ["${CALLBACK}"], postLogoutRedirectUris: ["https://app.example.com/"] }
  - { id: other, secret: "other secret", redirectUris: ["https://other.example.com/cb"] }
  - { id: cli, public: true, redirectUris: ["http://localhost:8000/cb"] }
`,
  );
  tokens = await signIn();
});

afterAll(() => gatehouse.stop());

async function signIn(): Promise<typeof tokens> {
  const browser = new Browser();
  await browser.request(gatehouse.url(HOST, "/oauth2/sign_in"), {
    form: { connector: "local", username: "alice@example.com", password: "correct horse" },
  });
  const query = new URLSearchParams({
    client_id: "app",
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "openid email offline_access",
    code_challenge: new Bun.CryptoHasher("sha256").update(VERIFIER).digest("base64url"),
    code_challenge_method: "S256",
  });
  let answer = await browser.request(gatehouse.url(HOST, `/auth?${query.toString()}`));
  while (answer.location?.startsWith(gatehouse.url(HOST, "/")) === true)
    answer = await browser.request(answer.location);
  const code = new URL(answer.location ?? "").searchParams.get("code") ?? "";
  const form = { grant_type: "authorization_code", code, redirect_uri: CALLBACK, code_verifier: VERIFIER };
  return JSON.parse((await post("/token", form)).body);
}

async function post(
  path: string,
  form: Readonly<Record<string, string>>,
  credentials = "app:app%20secret",
): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(`http://127.0.0.1:${gatehouse.port}${path}`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(credentials)}`, host: `${HOST}:${gatehouse.port}` },
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: await response.text() };
}

async function introspected(token: string, credentials?: string): Promise<string> {
  const { status, body } = await post("/token/introspect", { token }, credentials);
  return `${status} ${body}`;
}

function altered(token: string, header: object): string {
  return [Buffer.from(JSON.stringify(header)).toString("base64url"), ...token.split(".").slice(1)].join(".");
}

function headerOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString());
}

async function userinfo(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`http://127.0.0.1:${gatehouse.port}/userinfo`, { headers })).status;
}

describe("introspection", () => {
  test("knows an access token and a refresh token", async () => {
    expect(await introspected(tokens.access_token)).toContain('"token_use":"access_token"');
    expect(await introspected(tokens.refresh_token)).toContain('"token_use":"refresh_token"');
  });

  test("does not take an ID token, which many places see, for an access token", async () => {
    expect(await introspected(tokens.id_token)).toBe('200 {"active":false}\n');
  });

  test("is not for a client that cannot prove who it is", async () => {
    expect(await introspected(tokens.access_token, "cli:")).toStartWith("401 ");
    expect(await introspected(tokens.access_token, "app:")).toStartWith("401 ");
    expect(await introspected(tokens.access_token, "nobody:")).toStartWith("401 ");
  });
});

describe("userinfo", () => {
  test("opens to the access token only", async () => {
    expect(await userinfo(tokens.access_token)).toBe(200);
    expect(await userinfo(tokens.id_token)).toBe(401);
    expect(await userinfo(tokens.refresh_token)).toBe(401);
  });

  test.each([
    ["no signature", (token: string) => `${token.split(".").slice(0, 2).join(".")}.`],
    ["alg none", (token: string) => altered(token, { alg: "none", typ: "at+jwt" })],
    ["alg none in another case, with our key", (token: string) => altered(token, { ...headerOf(token), alg: "nOnE" })],
    ["an HMAC by our public key", (token: string) => altered(token, { ...headerOf(token), alg: "HS256" })],
    ["another key id", (token: string) => altered(token, { ...headerOf(token), kid: "../../etc/passwd" })],
    ["a key id that every object has", (token: string) => altered(token, { ...headerOf(token), kid: "__proto__" })],
    ["a key of its own", (token: string) => altered(token, { ...headerOf(token), jwk: { kty: "oct", k: "AAAA" } })],
    ["a critical extension", (token: string) => altered(token, { ...headerOf(token), crit: ["exp"] })],
    [
      "an ID token that says it is another",
      () => altered(tokens.id_token, { ...headerOf(tokens.id_token), typ: "at+jwt" }),
    ],
  ])("stays shut to %s", async (_name, alter) => {
    expect(await userinfo(alter(tokens.access_token))).toBe(401);
  });
});

describe("a refresh token", () => {
  const refresh = (credentials: string, extra: Readonly<Record<string, string>> = {}) =>
    post("/token", { grant_type: "refresh_token", refresh_token: tokens.refresh_token, ...extra }, credentials);

  test("is worth nothing to another client", async () => {
    expect((await refresh("other:other%20secret")).status).toBe(400);
    expect((await refresh("cli:")).status).toBe(400);
    await post("/token/revoke", { token: tokens.refresh_token }, "other:other%20secret");
    expect(await introspected(tokens.refresh_token)).toContain('"active":true');
  });

  test("gives no more than was granted", async () => {
    for (const scope of ["openid groups", "openid audience:server:client_id:other"]) {
      expect((await refresh("app:app%20secret", { scope })).body).toContain("unauthorized scope");
    }
  });
});

describe("a logout hint", () => {
  const logout = async (token: string): Promise<string | undefined> => {
    const query = new URLSearchParams({ id_token_hint: token, post_logout_redirect_uri: "https://app.example.com/" });
    return (await new Browser().request(gatehouse.url(HOST, `/logout?${query.toString()}`))).location;
  };

  test("leads on only when it is ours", async () => {
    expect(await logout(tokens.id_token)).toBe("https://app.example.com/");
    expect(await logout(altered(tokens.id_token, { alg: "none" }))).toBeUndefined();
    expect(await logout(tokens.access_token)).toBeUndefined();
  });
});
