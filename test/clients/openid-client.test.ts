import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as client from "openid-client";

import { type Answer, formsOf } from "../support/browser.ts";
import {
  APP,
  APP_CALLBACK,
  COMMAND_LINE,
  type DexServer,
  JANE,
  signInAtDex,
  startDexServer,
} from "../support/dex-server.ts";
import { freePort } from "../support/gatehouse.ts";

const FRONT = { id: "front", secret: "front secret" };

/** A dex that knows the people, and one that lets them in with tokens of the first. */
let upstream: DexServer;
let dex: DexServer;

beforeAll(async () => {
  const port = await freePort();
  const redirectURIs = [`http://127.0.0.1:${port}/dex/callback`];
  upstream = await startDexServer({ staticClients: [{ ...FRONT, name: "The other", redirectURIs }] });
  const config = {
    issuer: upstream.issuer,
    clientID: FRONT.id,
    clientSecret: FRONT.secret,
    redirectURI: redirectURIs[0],
  };
  dex = await startDexServer({ port, connectors: [{ type: "oidc", id: "upstream", name: "Upstream", config }] });
});
afterAll(() => Promise.all([dex.stop(), upstream.stop()]));

const SCOPE = "openid email profile groups offline_access";

function discover(
  authentication: client.ClientAuth = client.ClientSecretBasic(APP.secret),
  options: { readonly id?: string; readonly issuer?: string; readonly flow?: (it: client.Configuration) => void } = {},
): Promise<client.Configuration> {
  const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
  if (options.flow !== undefined) execute.push(options.flow);
  return client.discovery(new URL(options.issuer ?? dex.issuer), options.id ?? APP.id, {}, authentication, { execute });
}

interface Started {
  readonly url: URL;
  readonly checks: {
    readonly pkceCodeVerifier: string;
    readonly expectedState: string;
    readonly expectedNonce: string;
    readonly idTokenExpected: true;
  };
}

async function start(
  configuration: client.Configuration,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: APP_CALLBACK,
    scope: SCOPE,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
    ...parameters,
  });
  return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } };
}

/** What the client's own server is asked by a browser that comes back. */
function arrival(answer: Answer): URL | Request {
  if (answer.location !== undefined) return new URL(answer.location);
  const form = formsOf(answer).find(({ action }) => action === APP_CALLBACK);
  if (form === undefined) throw new Error(`not sent back: ${answer.status} ${answer.body}`);
  return new Request(APP_CALLBACK, { method: "POST", body: new URLSearchParams(form.fields) });
}

async function login(configuration: client.Configuration, parameters: Readonly<Record<string, string>> = {}) {
  const { url, checks } = await start(configuration, parameters);
  const tokens = await client.authorizationCodeGrant(configuration, arrival(await signInAtDex(url.href)), checks);
  return { tokens, subject: tokens.claims()?.sub ?? "" };
}

const PERSON = { email: JANE.email, email_verified: true, name: "Jane Doe", groups: ["staff"] };

describe("the authorization code flow", () => {
  test.each([
    ["client_secret_basic", client.ClientSecretBasic(APP.secret)],
    ["client_secret_post", client.ClientSecretPost(APP.secret)],
  ])("with %s, PKCE, state, nonce and iss", async (_method, authentication) => {
    const configuration = await discover(authentication);
    const { tokens, subject } = await login(configuration);
    expect(tokens.claims()).toMatchObject({ ...PERSON, iss: dex.issuer, aud: APP.id });
    expect(await client.fetchUserInfo(configuration, tokens.access_token, subject)).toMatchObject(PERSON);
  });

  test("of a public client that listens on the loopback", async () => {
    const configuration = await discover(client.None(), { id: COMMAND_LINE.id });
    // Nobody listens at port 1: what stands in the address is all that is wanted.
    const { url, checks } = await start(configuration, { redirect_uri: "http://localhost:1/cb" });
    const answer = await signInAtDex(url.href, { home: "http://localhost:1/cb" });
    const tokens = await client.authorizationCodeGrant(configuration, arrival(answer), checks);
    expect(tokens.claims()).toMatchObject(PERSON);
  });

  test("through an identity provider that is a dex too", async () => {
    const { tokens } = await login(await discover(), { connector_id: "upstream" });
    expect(tokens.claims()).toMatchObject({ email: JANE.email, email_verified: true, name: "Jane Doe" });
  });

  test("by form_post", async () => {
    const { tokens } = await login(await discover(), { response_mode: "form_post" });
    expect(tokens.claims()).toMatchObject(PERSON);
  });

  test("an answer that another provider made up is refused: iss is announced, and checked", async () => {
    const configuration = await discover();
    const { url, checks } = await start(configuration);
    const callback = arrival(await signInAtDex(url.href));
    if (!(callback instanceof URL)) throw new Error("no redirect");
    expect(callback.searchParams.get("iss")).toBe(dex.issuer);
    callback.searchParams.set("iss", upstream.issuer);
    const confused = client.authorizationCodeGrant(configuration, callback, checks);
    await expect(confused).rejects.toMatchObject({ cause: { message: expect.stringContaining('"iss"') } });
  });

  test("somebody who says no is an error that the client understands", async () => {
    const configuration = await discover();
    const { url, checks } = await start(configuration);
    const callback = arrival(await signInAtDex(url.href, { approval: "rejected" }));
    const denied = client.authorizationCodeGrant(configuration, callback, checks);
    await expect(denied).rejects.toMatchObject({ error: "access_denied" });
  });
});

describe("what a client does with its tokens", () => {
  test("refresh, again and again; the ID token stays the person's", async () => {
    const configuration = await discover();
    const { tokens, subject } = await login(configuration);
    let refreshToken = tokens.refresh_token ?? "";
    for (const _time of [1, 2, 3]) {
      const next = await client.refreshTokenGrant(configuration, refreshToken);
      expect(next.claims()).toMatchObject({ ...PERSON, sub: subject });
      expect(next.refresh_token).not.toBe(refreshToken);
      refreshToken = next.refresh_token ?? "";
    }
    const less = await client.refreshTokenGrant(configuration, refreshToken, { scope: "openid email" });
    expect(less.claims()).not.toHaveProperty("groups");
  });

  test("introspection, before and after revocation", async () => {
    const configuration = await discover();
    const { tokens, subject } = await login(configuration);
    for (const token of [tokens.access_token, tokens.refresh_token ?? ""]) {
      expect(await client.tokenIntrospection(configuration, token)).toMatchObject({
        active: true,
        client_id: APP.id,
        sub: subject,
      });
      await client.tokenRevocation(configuration, token);
      expect(await client.tokenIntrospection(configuration, token)).toMatchObject({ active: false });
    }
    await expect(client.fetchUserInfo(configuration, tokens.access_token, subject)).rejects.toThrow();
    await expect(client.refreshTokenGrant(configuration, tokens.refresh_token ?? "")).rejects.toThrow();
  });
});

describe("the implicit and hybrid flows", () => {
  test.each(["fragment", "form_post"])("id_token, by %s", async (response_mode) => {
    const configuration = await discover(undefined, { flow: client.useIdTokenResponseType });
    const { url, checks } = await start(configuration, { scope: "openid email profile groups", response_mode });
    const answer = arrival(await signInAtDex(url.href));
    const claims = await client.implicitAuthentication(configuration, answer, checks.expectedNonce, checks);
    expect(claims).toMatchObject(PERSON);
  });

  test.each(["fragment", "form_post"])("code id_token, by %s", async (response_mode) => {
    const configuration = await discover(undefined, { flow: client.useCodeIdTokenResponseType });
    const { tokens } = await login(configuration, { response_mode });
    expect(tokens.claims()).toMatchObject(PERSON);
  });

  // The client does not speak these; mod_auth_openidc does.
  test.each(["id_token token", "code token", "code id_token token"])("%s: hashes, nonce and use", async (types) => {
    const configuration = await discover();
    const { url, checks } = await start(configuration, { response_type: types });
    const { location = "" } = await signInAtDex(url.href);
    const answer = new URLSearchParams(new URL(location).hash.slice(1));
    expect([answer.get("iss"), answer.get("state")]).toEqual([dex.issuer, checks.expectedState]);
    const accessToken = answer.get("access_token") ?? "";
    expect(answer.get("token_type")?.toLowerCase()).toBe("bearer");
    const info = await client.fetchUserInfo(configuration, accessToken, client.skipSubjectCheck);
    expect(info).toMatchObject(PERSON);
    if (types.includes("id_token")) await expectBound(answer, { nonce: checks.expectedNonce, subject: info.sub });
    if (!types.includes("code")) return;
    const callback = new URL(`${APP_CALLBACK}?${new URLSearchParams(pick(answer, ["code", "iss", "state"]))}`);
    const tokens = await client.authorizationCodeGrant(configuration, callback, checks);
    expect(tokens.claims()?.sub).toBe(info.sub);
  });

  test("an error comes where the answer would have come", async () => {
    const configuration = await discover(undefined, { flow: client.useCodeIdTokenResponseType });
    const { url, checks } = await start(configuration, { prompt: "none" });
    const refused = client.authorizationCodeGrant(configuration, arrival(await signInAtDex(url.href)), checks);
    await expect(refused).rejects.toMatchObject({ error: "login_required" });
  });
});

function pick(from: URLSearchParams, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, from.get(name) ?? ""]));
}

/** OpenID Connect Core §3.2.2.9, §3.3.2.10: the ID token belongs to what came with it. */
async function expectBound(
  answer: URLSearchParams,
  expected: { readonly nonce: string; readonly subject: string },
): Promise<void> {
  const keys = createRemoteJWKSet(new URL(`${dex.issuer}/keys`));
  const { payload } = await jwtVerify(answer.get("id_token") ?? "", keys, { issuer: dex.issuer, audience: APP.id });
  expect([payload["nonce"], payload.sub]).toEqual([expected.nonce, expected.subject]);
  expect(payload["at_hash"]).toBe(leftHalf(answer.get("access_token")));
  expect(payload["c_hash"]).toBe(leftHalf(answer.get("code")));
}

function leftHalf(value: string | null): string | undefined {
  if (value === null) return undefined;
  return createHash("sha256").update(value).digest().subarray(0, 16).toString("base64url");
}

describe("flows without the browser of the client", () => {
  test("a device: its person signs in elsewhere", async () => {
    const configuration = await discover(client.None(), { id: COMMAND_LINE.id });
    const codes = await client.initiateDeviceAuthorization(configuration, { scope: SCOPE });
    const polling = client.pollDeviceAuthorizationGrant(configuration, { ...codes, interval: 1 });
    const page = await signInAtDex(codes.verification_uri_complete ?? codes.verification_uri);
    expect([page.status, page.location]).toEqual([200, undefined]);
    expect((await polling).claims()).toMatchObject(PERSON);
  });

  test("a password, right and wrong", async () => {
    const configuration = await discover();
    const ask = (password: string) =>
      client.genericGrantRequest(configuration, "password", { username: JANE.email, password, scope: SCOPE });
    const tokens = await ask(JANE.password);
    expect(await client.fetchUserInfo(configuration, tokens.access_token, client.skipSubjectCheck)).toMatchObject(
      PERSON,
    );
    const next = await client.refreshTokenGrant(configuration, tokens.refresh_token ?? "");
    expect(next.claims()).toMatchObject(PERSON);
    await expect(ask("wrong")).rejects.toMatchObject({ error: "access_denied" });
  });

  test("a client for itself", async () => {
    const configuration = await discover();
    const tokens = await client.clientCredentialsGrant(configuration, { scope: "openid profile groups" });
    const claims = await client.fetchUserInfo(configuration, tokens.access_token, client.skipSubjectCheck);
    expect(claims).toMatchObject({ name: "The App", groups: ["machines"] });
  });

  test("a token of the identity provider for one of ours", async () => {
    const there = await discover(client.ClientSecretBasic(FRONT.secret), { id: FRONT.id, issuer: upstream.issuer });
    const theirs = await client.genericGrantRequest(there, "password", {
      username: JANE.email,
      password: JANE.password,
      scope: "openid email profile groups",
    });
    const here = await discover();
    const exchange = (subjectToken: string) =>
      client.genericGrantRequest(here, "urn:ietf:params:oauth:grant-type:token-exchange", {
        connector_id: "upstream",
        subject_token: subjectToken,
        subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
        requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
        scope: "openid email profile",
      });
    const ours = await exchange(theirs.id_token ?? "");
    expect(ours["issued_token_type"]).toBe("urn:ietf:params:oauth:token-type:access_token");
    const claims = await client.fetchUserInfo(here, ours.access_token, client.skipSubjectCheck);
    expect(claims).toMatchObject({ email: JANE.email, name: "Jane Doe" });
    await expect(exchange(`${theirs.id_token ?? ""}x`)).rejects.toMatchObject({ error: "access_denied" });
  });
});
