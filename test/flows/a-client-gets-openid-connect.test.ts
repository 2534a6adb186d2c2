import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import * as client from "openid-client";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { type Answer, Browser } from "../support/browser.ts";
import { startGatehouse } from "../support/gatehouse.ts";

const HOST = "auth.gatehouse.localhost";
const CALLBACK = "https://grafana.example.com/login/generic_oauth";
const SECRET = "grafana secret/with+odd characters";
const passwordHash = await hashPassword("correct horse", "bcrypt");

let gatehouse: Awaited<ReturnType<typeof startGatehouse>>;
let issuer: URL;

beforeAll(async () => {
  gatehouse = await startGatehouse(
    ({ port, telemetryPort }) => `
publicUrl: http://${HOST}:${port}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
connectors:
  - id: local
    type: local
    users: [{ email: alice@example.com, name: "Alice <A>", preferredUsername: alice, groups: [staff], passwordHash: "${passwordHash}" }]
clients:
  - { id: grafana, name: Grafana, secret: "${SECRET}", redirectUris: ["${CALLBACK}"], postLogoutRedirectUris: ["https://grafana.example.com/"] }
  - { id: other, secret: "other secret", redirectUris: ["https://other.example.com/cb"] }
  - { id: cli, public: true, redirectUris: ["http://localhost:8000"] }
`,
  );
  issuer = new URL(`http://${HOST}:${gatehouse.port}`);
});

afterAll(() => gatehouse.stop());

async function discover(authentication = client.ClientSecretBasic(SECRET)): Promise<client.Configuration> {
  const options = { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] };
  return client.discovery(issuer, "grafana", SECRET, authentication, options);
}

interface Started {
  readonly configuration: client.Configuration;
  readonly url: URL;
  readonly checks: client.AuthorizationCodeGrantChecks;
}

async function start(
  parameters: Readonly<Record<string, string>> = {},
  known?: client.Configuration,
): Promise<Started> {
  const configuration = known ?? (await discover());
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: CALLBACK,
    scope: "openid email profile groups offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
    ...parameters,
  });
  return { configuration, url, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } };
}

/** Follow redirects until one leaves the provider or a page comes. */
async function walk(browser: Browser, url: string): Promise<Answer> {
  let answer = await browser.request(url);
  while (answer.location?.startsWith(issuer.href) === true) answer = await browser.request(answer.location);
  return answer;
}

async function signIn(browser: Browser, page: Answer): Promise<Answer> {
  expect(page.body).toContain('name="password"');
  const form = new URL(page.url);
  const rd = form.searchParams.get("rd") ?? "";
  const answer = await browser.request(new URL("/oauth2/sign_in", issuer).href, {
    form: { connector: "local", username: "alice@example.com", password: "correct horse", rd },
    headers: { origin: issuer.origin, "sec-fetch-site": "same-origin" },
  });
  return walk(browser, answer.location ?? "");
}

async function approve(browser: Browser, page: Answer, approval = "approve"): Promise<Answer> {
  const req = new URL(page.url).searchParams.get("req") ?? "";
  const answer = await browser.request(page.url, {
    form: { req, approval },
    headers: { origin: issuer.origin, "sec-fetch-site": "same-origin" },
  });
  return answer.location?.startsWith(issuer.href) === true ? walk(browser, answer.location) : answer;
}

async function callbackOf(browser: Browser, started: Started): Promise<URL> {
  let answer = await walk(browser, started.url.href);
  if (answer.body.includes('name="password"')) answer = await signIn(browser, answer);
  if (answer.location === undefined) answer = await approve(browser, answer);
  return new URL(answer.location ?? "");
}

async function login(browser = new Browser(), parameters: Readonly<Record<string, string>> = {}) {
  const started = await start(parameters);
  const callback = await callbackOf(browser, started);
  const tokens = await client.authorizationCodeGrant(started.configuration, callback, started.checks);
  return { ...started, callback, tokens, browser };
}

const post = async (path: string, form: Readonly<Record<string, string>>, secret = SECRET, id = "grafana") => {
  const credentials = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  const response = await fetch(`http://127.0.0.1:${gatehouse.port}${path}`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(credentials)}` },
    body: new URLSearchParams(form),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
};

describe("a client written by others, all checks on", () => {
  test("discovers, logs in with PKCE, state, nonce and iss, and gets a verified ID token", async () => {
    const { tokens, callback, configuration } = await login();
    expect(callback.searchParams.get("iss")).toBe(issuer.origin);
    const claims = tokens.claims();
    expect(claims?.email).toBe("alice@example.com");
    expect(claims?.["name"]).toBe("Alice <A>");
    expect(claims?.["groups"]).toEqual(["staff"]);
    expect(claims?.sub).toBe("ChFhbGljZUBleGFtcGxlLmNvbRIFbG9jYWw");
    const info = await client.fetchUserInfo(configuration, tokens.access_token, claims?.sub ?? "");
    expect(JSON.parse(JSON.stringify(info))).toEqual({
      sub: claims?.sub ?? "",
      email: "alice@example.com",
      email_verified: true,
      groups: ["staff"],
      name: "Alice <A>",
      preferred_username: "alice",
    });
  });

  test("client_secret_post works too", async () => {
    const configuration = await discover(client.ClientSecretPost(SECRET));
    const started = await start({}, configuration);
    const callback = await callbackOf(new Browser(), started);
    expect((await client.authorizationCodeGrant(configuration, callback, started.checks)).id_token).toBeString();
  });

  test("a second login of the same browser needs no password: the sign-in is shared", async () => {
    const { browser } = await login();
    const again = await walk(browser, (await start()).url.href);
    expect(again.url).toContain("/approval?");
  });

  test("refreshes: a new token each time; the one before is good for a moment, and reuse later ends all", async () => {
    const { configuration, tokens } = await login();
    const first = tokens.refresh_token ?? "";
    const second = await client.refreshTokenGrant(configuration, first);
    expect(second.refresh_token).not.toBe(first);
    expect(second.claims()?.email).toBe("alice@example.com");
    const overlap = await client.refreshTokenGrant(configuration, first);
    expect(overlap.refresh_token).toBe(second.refresh_token ?? "");
    await Bun.sleep(3100);
    await expect(client.refreshTokenGrant(configuration, first)).rejects.toThrow();
    await expect(client.refreshTokenGrant(configuration, second.refresh_token ?? "")).rejects.toThrow();
  });

  test("twenty parallel refreshes with one token end with one current token", async () => {
    const { tokens } = await login();
    const refresh_token = tokens.refresh_token ?? "";
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post("/token", { grant_type: "refresh_token", refresh_token })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
  });

  test("twenty parallel redemptions of one code issue tokens once", async () => {
    const started = await start();
    const callback = await callbackOf(new Browser(), started);
    const form = {
      grant_type: "authorization_code",
      code: callback.searchParams.get("code") ?? "",
      redirect_uri: CALLBACK,
      code_verifier: String(started.checks.pkceCodeVerifier),
    };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post("/token", form)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("a code used twice ends what the first use was given", async () => {
    const { callback, tokens, checks } = await login();
    const replay = await post("/token", {
      grant_type: "authorization_code",
      code: callback.searchParams.get("code") ?? "",
      redirect_uri: CALLBACK,
      code_verifier: String(checks.pkceCodeVerifier),
    });
    expect(replay).toEqual({
      status: 400,
      body: { error: "invalid_grant", error_description: "Invalid or expired code parameter." },
    });
    const refresh = await post("/token", { grant_type: "refresh_token", refresh_token: tokens.refresh_token ?? "" });
    expect(refresh.body.error).toBe("invalid_grant");
    const introspected = await post("/token/introspect", { token: tokens.access_token });
    expect(introspected.body).toEqual({ active: false });
  });

  test("revokes, and introspection knows", async () => {
    const { configuration, tokens } = await login();
    expect((await client.tokenIntrospection(configuration, tokens.access_token)).active).toBe(true);
    await client.tokenRevocation(configuration, tokens.access_token);
    expect((await client.tokenIntrospection(configuration, tokens.access_token)).active).toBe(false);
    expect((await client.tokenIntrospection(configuration, tokens.refresh_token ?? "")).active).toBe(true);
    await client.tokenRevocation(configuration, tokens.refresh_token ?? "");
    expect((await client.tokenIntrospection(configuration, tokens.refresh_token ?? "")).active).toBe(false);
  });

  test("another client cannot revoke, introspection wants a client, an ID token is no access token", async () => {
    const { configuration, tokens } = await login();
    expect((await post("/token/revoke", { token: tokens.access_token }, "other secret", "other")).status).toBe(200);
    expect((await client.tokenIntrospection(configuration, tokens.access_token)).active).toBe(true);
    expect((await post("/token/introspect", { token: tokens.access_token }, "wrong")).status).toBe(401);
    const url = `http://127.0.0.1:${gatehouse.port}/userinfo`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${tokens.id_token ?? ""}` } });
    expect(answer.status).toBe(401);
  });

  test("logs out: the session ends and the browser goes where the client registered", async () => {
    const { configuration, tokens, browser } = await login();
    const url = client.buildEndSessionUrl(configuration, {
      id_token_hint: tokens.id_token ?? "",
      post_logout_redirect_uri: "https://grafana.example.com/",
      state: "bye",
    });
    expect((await browser.request(url.href)).location).toBe("https://grafana.example.com/?state=bye");
    expect((await walk(browser, (await start()).url.href)).body).toContain('name="password"');
  });

  test("a logout link without a fitting hint asks first", async () => {
    const { browser } = await login();
    const asked = await browser.request(new URL("/logout", issuer).href);
    expect(asked.status).toBe(200);
    expect((await walk(browser, (await start()).url.href)).url).toContain("/approval?");
    const out = await browser.submit(asked, {});
    expect(out.status).toBe(200);
    expect((await walk(browser, (await start()).url.href)).body).toContain('name="password"');
  });
});

describe("what a request asks for", () => {
  test("prompt=none without a session is answered login_required, with iss", async () => {
    const started = await start({ prompt: "none" });
    const answer = await walk(new Browser(), started.url.href);
    const query = new URL(answer.location ?? "").searchParams;
    expect([query.get("error"), query.get("iss")]).toEqual(["login_required", issuer.origin]);
  });

  test("prompt=login asks again although somebody is signed in, and is then content", async () => {
    const { browser } = await login();
    const page = await walk(browser, (await start({ prompt: "login" })).url.href);
    expect(page.body).toContain('name="password"');
    expect((await signIn(browser, page)).url).toContain("/approval?");
  });

  test("max_age=0 asks again, and does not loop", async () => {
    const { browser } = await login();
    await Bun.sleep(1100);
    const page = await walk(browser, (await start({ max_age: "0" })).url.href);
    expect(page.body).toContain('name="password"');
    expect((await signIn(browser, page)).url).toContain("/approval?");
  });

  test("a person who says no is reported as access_denied", async () => {
    const browser = new Browser();
    const page = await signIn(browser, await walk(browser, (await start()).url.href));
    const answer = await approve(browser, page, "rejected");
    expect(new URL(answer.location ?? "").searchParams.get("error")).toBe("access_denied");
  });

  test.each([
    ["unknown client", { client_id: "nobody" }, 404],
    ["unregistered redirect URI", { redirect_uri: "https://evil.example/" }, 400],
    ["redirect URI with something added", { redirect_uri: `${CALLBACK}/x` }, 400],
  ])("%s: shown, never redirected", async (_name, parameters, status) => {
    const answer = await new Browser().request((await start(parameters)).url.href);
    expect([answer.status, answer.location]).toEqual([status, undefined]);
  });

  test.each([
    ["unknown response type", { response_type: "made-up" }, "invalid_request", "hash"],
    ["response type that is not enabled", { response_type: "id_token" }, "unsupported_response_type", "hash"],
    ["bad scope", { scope: "openid nonsense" }, "invalid_scope", "search"],
    ["no openid", { scope: "email" }, "invalid_scope", "search"],
    ["plain PKCE", { code_challenge_method: "plain" }, "invalid_request", "search"],
    ["request object", { request: "e30.e30." }, "request_not_supported", "search"],
    ["bad prompt", { prompt: "none login" }, "invalid_request", "search"],
  ] as const)("%s: to the client", async (_name, parameters, error, part) => {
    const answer = await new Browser().request((await start(parameters)).url.href);
    const location = new URL(answer.location ?? "");
    const told = new URLSearchParams(location[part].slice(1));
    expect([answer.status, location.origin + location.pathname, told.get("error")]).toEqual([303, CALLBACK, error]);
  });

  test("a public client needs PKCE", async () => {
    const query = "client_id=cli&redirect_uri=http%3A%2F%2Flocalhost%3A8000&response_type=code&scope=openid&state=s";
    const answer = await new Browser().request(`${issuer.href}auth?${query}`);
    expect(new URL(answer.location ?? "").searchParams.get("error_description")).toContain("PKCE is required");
  });

  test("the hop's signature cannot be carried from one step to the next", async () => {
    const browser = new Browser();
    const page = await signIn(browser, await walk(browser, (await start()).url.href));
    const approvalHop = new URL(page.url).search;
    expect((await browser.request(`${issuer.href}auth${approvalHop}`)).status).toBe(401);
    expect((await browser.request(page.url.replace(/hmac=[^&]*/, "hmac=x"))).status).toBe(401);
  });
});
