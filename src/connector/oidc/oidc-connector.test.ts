import { afterEach, describe, expect, test } from "bun:test";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "../../../test/support/fake-provider.ts";
import type { OidcConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Login } from "../../protocol/identity.ts";
import { Secret } from "../../protocol/secret.ts";
import type { Log } from "../../telemetry/log.ts";
import type { LoginTransaction, RedirectConnector } from "../connector.ts";
import { createOidcConnector } from "./oidc-connector.ts";

const nothing = (): void => {};
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, with: () => silent };
const TRANSACTION: LoginTransaction = {
  connectorId: "corp",
  state: "s",
  nonce: "n",
  codeVerifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", // RFC 7636, appendix B
  redirectUri: "https://wiki.example.com/oauth2/callback",
};

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

interface Made {
  readonly provider: FakeProvider;
  readonly connector: RedirectConnector;
  readonly signIn: (transaction?: LoginTransaction) => Promise<Login>;
  readonly refresh: (login: Login) => Promise<Login>;
}

type Changed = Partial<Omit<OidcConnectorConfiguration, "pkce">> & { readonly pkce?: "S256" | "plain" | "off" };

function connectorFor(provider: FakeProvider, { pkce = "S256", ...changed }: Changed): RedirectConnector {
  const deps = { clock: () => Date.now() / 1000, fetch, log: silent };
  return createOidcConnector(deps, {
    type: "oidc",
    id: "corp",
    name: "Corp",
    issuer: provider.issuer,
    clientId: provider.clientId,
    clientSecret: new Secret(provider.clientSecret),
    scopes: ["openid", "email"],
    clientAuthentication: "auto",
    groupsClaim: "groups",
    emailClaim: "email",
    allowUnverifiedEmail: false,
    ...(pkce === "off" ? {} : { pkce }),
    nonce: true,
    authorizationParameters: {},
    ...changed,
  });
}

async function make(configuration: Changed = {}, options: FakeProviderOptions = {}): Promise<Made> {
  const provider = await startFakeProvider(options);
  const connector = connectorFor(provider, configuration);
  open.push(() => connector.close?.(), provider.stop);
  const signIn = async (transaction = TRANSACTION): Promise<Login> =>
    connector.redeem(await provider.authorize(await connector.authorizationUrl(transaction)), transaction);
  const refresh = async (login: Login): Promise<Login> => {
    if (connector.refresh === undefined) throw new Error("cannot refresh");
    return connector.refresh(login);
  };
  return { provider, connector, signIn, refresh };
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no failure",
    (error: unknown) => error,
  );

describe("the authorization request", () => {
  const queryOf = async (made: Made, login: Partial<LoginTransaction> = {}): Promise<unknown> =>
    Object.fromEntries((await made.connector.authorizationUrl({ ...TRANSACTION, ...login })).searchParams);
  const COMMON = {
    response_type: "code",
    client_id: "gatehouse",
    redirect_uri: "https://wiki.example.com/oauth2/callback",
    scope: "openid email",
    state: "s",
  };
  const PROOFS = {
    nonce: "n",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  };

  test("carries state, nonce and PKCE", async () => {
    expect(await queryOf(await make())).toEqual({ ...COMMON, ...PROOFS });
  });

  test("carries neither nonce nor PKCE where they are off", async () => {
    const made = await make({ nonce: false, pkce: "off" });
    expect(await queryOf(made)).toEqual(COMMON);
    expect((await made.signIn()).identity.userId).toBe("id-of-alice");
  });

  test("carries hint, forced login and configured parameters, which replace nothing", async () => {
    const made = await make({ authorizationParameters: { acr_values: "mfa", state: "evil", prompt: "consent" } });
    expect(await queryOf(made, { loginHint: "bob" })).toEqual({
      ...COMMON,
      ...PROOFS,
      acr_values: "mfa",
      login_hint: "bob",
      prompt: "consent",
    });
    expect(await queryOf(made, { forceLogin: true })).toMatchObject({ prompt: "login" });
  });

  test("keeps what the endpoint's URL has already", async () => {
    const made = await make();
    const { port } = new URL(made.provider.issuer);
    await made.provider.stop();
    const authorizationEndpoint = `${made.provider.issuer}/authorize?tenant=7`;
    const settings = { discovery: { authorization_endpoint: authorizationEndpoint } };
    const again = await make({ issuer: made.provider.issuer }, { port: Number(port), settings });
    expect(await queryOf(again)).toEqual({ ...COMMON, ...PROOFS, tenant: "7" });
  });
});

describe("a login", () => {
  test("with RS256 keys, and no more requests than needed", async () => {
    const { provider, signIn } = await make({}, { algorithm: "RS256" });
    const login = await signIn();
    expect(login.identity.email).toBe("alice@example.com");
    expect(login.tokens).toMatchObject({ idToken: expect.stringContaining("."), refreshToken: expect.any(String) });
    await signIn();
    expect(provider.requests).toEqual({ discovery: 1, jwks: 1, authorize: 2, token: 2, userinfo: 0, logout: 0 });
  });

  test("keeps the refresh token as dex does", async () => {
    const { provider, signIn } = await make();
    Object.assign(provider.settings.tokenClaims, { refresh_token: "refresh-me" });
    const { connectorData } = await signIn();
    expect(Buffer.from(connectorData ?? []).toString()).toBe('{"RefreshToken":"cmVmcmVzaC1tZQ=="}');
  });

  test("asks userinfo when the groups are missing, and goes on when it refuses", async () => {
    const { provider, signIn } = await make();
    provider.settings.idTokenClaims = { groups: undefined };
    expect((await signIn()).identity.groups).toEqual(["staff", "admins"]);
    provider.settings.failing = { userinfo: 403 };
    expect((await signIn()).identity.groups).toEqual([]);
    provider.settings.failing = { userinfo: 500 };
    expect(await failure(signIn())).toMatchObject({ reason: "unreachable" });
  });

  test("is refused when the address is not verified", async () => {
    const { provider, signIn } = await make();
    provider.settings.idTokenClaims = { email_verified: false };
    expect(await failure(signIn())).toMatchObject({
      reason: "denied",
      publicMessage: expect.stringContaining("e-mail"),
    });
  });

  test.each([
    ["a client that is not known", 401, "invalid_client", "unreachable"],
    ["a client that may not", 400, "unauthorized_client", "unreachable"],
    ["a code that is used up", 400, "invalid_grant", "denied"],
    ["a request that makes no sense", 400, "invalid_request", "denied"],
    ["an error without a status", 200, "invalid_grant", "denied"],
    ["a proxy in between", 403, "", "unreachable"],
  ])("%s", async (_name, status, error, reason) => {
    const { provider, connector } = await make();
    expect(await failure(redeemRefused(connector, provider, { status, error }))).toMatchObject({ reason });
  });
});

/** Redeem a code at a token endpoint that answers with an error. */
async function redeemRefused(
  connector: RedirectConnector,
  provider: FakeProvider,
  answer: { readonly status: number; readonly error: string },
): Promise<unknown> {
  const callback = await provider.authorize(await connector.authorizationUrl(TRANSACTION));
  const endpoint = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => Response.json(answer.error === "" ? {} : { error: answer.error }, { status: answer.status }),
  });
  provider.settings.discovery = { token_endpoint: `${endpoint.url.origin}/token` };
  const second = connectorFor(provider, {});
  open.push(
    () => second.close?.(),
    () => endpoint.stop(true),
  );
  return second.redeem(callback, TRANSACTION);
}

describe("a renewal", () => {
  test("keeps a refresh token that the upstream does not rotate", async () => {
    const { provider, signIn, refresh } = await make();
    provider.settings.rotateRefreshTokens = false;
    const login = await signIn();
    const renewed = await refresh(login);
    expect(renewed.tokens.refreshToken).toBe(login.tokens.refreshToken ?? "");
    expect(renewed.tokens.accessToken).not.toBe(login.tokens.accessToken ?? "");
    expect((await refresh(renewed)).connectorData).toEqual(login.connectorData ?? new Uint8Array());
  });

  test("without an ID token asks userinfo, and keeps the ID token for the sign-out", async () => {
    const { provider, signIn, refresh } = await make();
    const login = await signIn();
    provider.settings.idTokenOnRefresh = false;
    provider.users.alice!.groups = ["guests"];
    const renewed = await refresh(login);
    expect(renewed.identity).toEqual({ ...login.identity, groups: ["guests"] });
    expect(renewed.tokens.idToken).toBe(login.tokens.idToken ?? "");
    provider.settings.userinfoClaims = { groups: undefined };
    expect((await refresh(renewed)).identity.groups).toEqual(["guests"]);
  });

  test("does not lose a rotated refresh token when who it is cannot be learnt", async () => {
    const { provider, signIn, refresh } = await make();
    provider.settings.idTokenScope = "subject";
    const login = await signIn();
    provider.settings.failing = { userinfo: 500 };
    provider.users.alice!.groups = ["guests"];
    const kept = await refresh(login);
    expect(kept.identity).toEqual(login.identity);
    provider.settings.failing = {};
    expect((await refresh(kept)).identity.groups).toEqual(["guests"]);
  });

  test("ends when the address is not verified any more", async () => {
    const { provider, signIn, refresh } = await make();
    const login = await signIn();
    provider.settings.idTokenClaims = { email_verified: false };
    expect(await failure(refresh(login))).toMatchObject({ reason: "revoked" });
  });

  test("is not possible without a refresh token", async () => {
    const { provider, connector, signIn, refresh } = await make();
    expect(connector.canRefresh?.(await signIn())).toBe(true);
    provider.settings.refreshTokens = false;
    const login = await signIn();
    expect(connector.canRefresh?.(login)).toBe(false);
    expect(await failure(refresh(login))).toMatchObject({ reason: "unreachable" });
  });

  test.each([
    ["nothing", undefined],
    ["no JSON", Buffer.from("{")],
    ["something else", Buffer.from('{"RefreshToken":7}')],
    ["an empty token", Buffer.from('{"RefreshToken":""}')],
    ["no token", Buffer.from('{"RefreshToken":null}')],
  ])("is not possible with stored data of %s", async (_name, connectorData) => {
    const { connector, signIn } = await make();
    const { identity } = await signIn();
    expect(connector.canRefresh?.({ identity, tokens: {}, ...(connectorData && { connectorData }) })).toBe(false);
  });
});

describe("sign-out at the upstream", () => {
  test("names the session and where to come back to", async () => {
    const { connector, signIn, provider } = await make();
    const login = await signIn();
    const url = connector.endSessionUrl?.(login, "https://wiki.example.com/bye");
    expect(url?.href).toStartWith(`${provider.issuer}/logout?`);
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      id_token_hint: login.tokens.idToken ?? "",
      client_id: "gatehouse",
      post_logout_redirect_uri: "https://wiki.example.com/bye",
    });
  });

  test("is left out when the upstream has none", async () => {
    const { connector, signIn } = await make({}, { settings: { discovery: { end_session_endpoint: undefined } } });
    expect(connector.endSessionUrl?.(await signIn(), "https://wiki.example.com/bye")).toBeUndefined();
  });
});

test("an upstream that is down at the start is found when somebody signs in", async () => {
  const { provider, connector, signIn } = await make({}, { settings: { down: true } });
  expect(await failure(connector.authorizationUrl(TRANSACTION))).toMatchObject({ reason: "unreachable", status: 503 });
  expect(connector.status()).toEqual({ reachable: false, reason: "the discovery document answered 503" });
  provider.settings.down = false;
  expect((await signIn()).identity.userId).toBe("id-of-alice");
  expect(connector.status()).toEqual({ reachable: true });
});
