import { afterEach, describe, expect, test } from "bun:test";
import { federatedOidc } from "../../../../test/support/federated-oidc.ts";
import {
  type FakeProvider,
  type FakeProviderSettings,
  startFakeProvider,
} from "../../../../test/support/fake-provider.ts";
import { failureOf, reasonOf, TRANSACTION, vendorDeps } from "../../../../test/support/fake-vendor.ts";
import { until } from "../../../../test/support/until.ts";
import type { OidcUpstream } from "../../../config/dex-connector-configuration.ts";
import type { Login } from "../../../protocol/identity.ts";
import type { LoginTransaction, RedirectConnector, SubjectToken } from "../../connector.ts";
import { createOidcConnector } from "./oidc-connector.ts";

interface Scene {
  readonly provider: FakeProvider;
  readonly connector: RedirectConnector;
}

const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

async function start(
  options: Partial<OidcUpstream> = {},
  settings: Partial<FakeProviderSettings> = {},
  clientId = "gatehouse",
): Promise<Scene> {
  const provider = await startFakeProvider({ settings, clientId });
  running.push(() => provider.stop());
  const upstream = federatedOidc(provider, options);
  const connector = createOidcConnector(vendorDeps(), { id: "up", name: "Up", upstream });
  running.push(() => connector.close?.());
  return { provider, connector };
}

async function signIn({ provider, connector }: Scene, login: LoginTransaction = TRANSACTION): Promise<Login> {
  return connector.redeem(await provider.authorize(await connector.authorizationUrl(login)), login);
}

const S256 = { discovery: { code_challenge_methods_supported: ["plain", "S256"] } };
const NOTHING = { groups: false, offlineAccess: false };

describe("the authorization request", () => {
  const PLAIN = {
    client_id: "gatehouse",
    redirect_uri: TRANSACTION.redirectUri,
    response_type: "code",
    scope: "openid profile email",
    state: "a-state",
  };
  const CHALLENGE = { code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" };

  test.each<[string, Partial<OidcUpstream>, Partial<FakeProviderSettings>, Record<string, string>]>([
    ["as little as possible", {}, {}, PLAIN],
    ["PKCE where discovery offers it", {}, S256, { ...PLAIN, ...CHALLENGE }],
    ["PKCE as it is configured", { pkceChallenge: "S256" }, {}, { ...PLAIN, ...CHALLENGE }],
    ["no plain kind where a better one is offered", { pkceChallenge: "plain" }, S256, { ...PLAIN, ...CHALLENGE }],
    [
      "the plain kind where nothing else is offered",
      {},
      { discovery: { code_challenge_methods_supported: ["plain"] } },
      { ...PLAIN, code_challenge: TRANSACTION.codeVerifier, code_challenge_method: "plain" },
    ],
    ["contexts", { acrValues: ["one", "two"] }, {}, { ...PLAIN, acr_values: "one two" }],
    ["other scopes", { scopes: ["email", "groups"] }, {}, { ...PLAIN, scope: "openid email groups" }],
  ])("has %s", async (_name, options, settings, expected) => {
    const { connector } = await start(options, settings);
    const url = await connector.authorizationUrl({ ...TRANSACTION, wants: NOTHING });
    expect(Object.fromEntries(url.searchParams)).toEqual(expected);
  });

  test.each([
    ["consent", "consent"],
    ["", ""],
  ])("asks for offline access with the prompt %j", async (promptType, prompt) => {
    const { connector } = await start({ promptType });
    const url = await connector.authorizationUrl({ ...TRANSACTION, wants: { ...NOTHING, offlineAccess: true } });
    expect(Object.fromEntries(url.searchParams)).toEqual({ ...PLAIN, access_type: "offline", prompt });
  });

  test("hands on whom the client expects, and that they must sign in anew", async () => {
    const { connector } = await start();
    const hints = { loginHint: "alice", forceLogin: true };
    const plain = await connector.authorizationUrl({ ...TRANSACTION, ...hints, wants: NOTHING });
    expect(Object.fromEntries(plain.searchParams)).toEqual({ ...PLAIN, login_hint: "alice", prompt: "login" });
    const offline = { ...NOTHING, offlineAccess: true };
    const both = await connector.authorizationUrl({ ...TRANSACTION, ...hints, wants: offline });
    expect(both.searchParams.get("prompt")).toBe("login consent");
  });

  test("is not made for another callback than the configured one", async () => {
    const { connector } = await start({ redirectUri: "https://elsewhere.example/callback" });
    const error = await failureOf(connector.authorizationUrl(TRANSACTION));
    expect([error.reason, reasonOf(error)]).toEqual(["unreachable", expect.stringContaining("redirectURI")]);
  });
});

describe("a login", () => {
  test("sends credentials in the header, and stores the refresh token as dex does", async () => {
    const scene = await start({}, S256);
    const login = await signIn(scene);
    expect(scene.provider.tokenForms).toEqual([
      {
        grant_type: "authorization_code",
        code: expect.any(String),
        redirect_uri: TRANSACTION.redirectUri,
        code_verifier: TRANSACTION.codeVerifier,
      },
    ]);
    const stored = Buffer.from(login.tokens.refreshToken ?? "").toString("base64");
    expect(Buffer.from(login.connectorData ?? []).toString()).toBe(`{"RefreshToken":"${stored}"}`);
    expect(scene.provider.requests.userinfo).toBe(0);
  });

  test("sends credentials in the body at once where the header is not supported", async () => {
    const scene = await start({ basicAuthUnsupported: true });
    await signIn(scene);
    expect(scene.provider.tokenForms).toHaveLength(1);
    expect(scene.provider.tokenForms[0]).toMatchObject({ client_id: "gatehouse", client_secret: "a secret & more" });
  });

  test("takes what userinfo says before what the ID token says, but not the context", async () => {
    const told = { name: "Alice of Userinfo", given_name: "Alice", acr: "made up" };
    const scene = await start({ getUserInfo: true }, { userinfoClaims: told, idTokenClaims: { acr: "silver" } });
    const { identity } = await signIn(scene);
    expect(identity).toMatchObject({ username: "Alice of Userinfo", email: "alice@example.com" });
    expect(identity.additionalClaims).toEqual({ given_name: "Alice", acr: "silver" });
  });

  test("uses the operator's endpoints, whatever discovery says", async () => {
    const nowhere = "http://127.0.0.1:1/nowhere";
    const provider = await startFakeProvider({
      settings: { discovery: { token_endpoint: nowhere, jwks_uri: nowhere, authorization_endpoint: nowhere } },
    });
    running.push(() => provider.stop());
    const { issuer } = provider;
    const endpoints = { token: `${issuer}/token`, authorization: `${issuer}/authorize`, jwks: `${issuer}/jwks` };
    const upstream = federatedOidc(provider, { endpoints: { ...endpoints, userinfo: "", endSession: "" } });
    const connector = createOidcConnector(vendorDeps(), { id: "up", name: "Up", upstream });
    running.push(() => connector.close?.());
    expect((await signIn({ provider, connector })).identity.userId).toBe("id-of-alice");
  });

  test("accepts the issuer's other name, and then no other", async () => {
    const alias = "https://alias.example/";
    const named = { discovery: { issuer: alias }, idTokenClaims: { iss: alias } };
    expect((await signIn(await start({ issuerAlias: alias }, named))).identity.userId).toBe("id-of-alice");
    const error = await failureOf(signIn(await start({ issuerAlias: alias }, { discovery: { issuer: alias } })));
    expect(error.reason).toBe("untrusted");
    expect((await failureOf(signIn(await start({}, named)))).reason).toBe("unreachable");
  });

  test("waits for an upstream that was not there at the start", async () => {
    const scene = await start({}, { down: true });
    expect((await failureOf(signIn(scene))).reason).toBe("unreachable");
    expect(scene.connector.status()).toMatchObject({ reachable: false });
    scene.provider.settings.down = false;
    await until("the upstream", () => scene.connector.status().reachable);
    expect((await signIn(scene)).identity.userId).toBe("id-of-alice");
  });

  test("is not begun with a filter of groups that is none", () => {
    const upstream = federatedOidc(
      { issuer: "http://127.0.0.1:1", clientId: "c", clientSecret: "s" },
      { claimModifications: { newGroupFromClaims: [], groupsFilter: "(?=x)", prefix: "", suffix: "" } },
    );
    const create = (): unknown => createOidcConnector(vendorDeps(), { id: "up", name: "Up", upstream });
    expect(create).toThrow("connector up: groupsFilter is not a regular expression");
  });
});

describe("a renewal", () => {
  test("is asked of userinfo where there is no ID token", async () => {
    const scene = await start({ getUserInfo: true });
    const login = await signIn(scene);
    scene.provider.settings.idTokenOnRefresh = false;
    scene.provider.users.alice!.name = "Alice Renamed";
    expect((await scene.connector.refresh?.(login))?.identity.username).toBe("Alice Renamed");
  });

  test("needs a refresh token", async () => {
    const scene = await start({}, { refreshTokens: false });
    const { identity, connectorData } = await signIn(scene);
    expect(Buffer.from(connectorData ?? []).toString()).toBe('{"RefreshToken":""}');
    const work = scene.connector.refresh!({ identity, tokens: {}, ...(connectorData && { connectorData }) });
    expect((await failureOf(work)).reason).toBe("unreachable");
  });

  test("ends the login of whoever left the allowed groups", async () => {
    const scene = await start({ insecureEnableGroups: true, allowedGroups: ["admins"] });
    const login = await signIn(scene);
    expect(login.identity.groups).toEqual(["admins"]);
    scene.provider.users.alice!.groups = ["staff"];
    expect((await failureOf(scene.connector.refresh!(login))).reason).toBe("revoked");
  });
});

describe("token exchange", () => {
  async function tokensOf(scene: Scene): Promise<{ readonly idToken: string; readonly accessToken: string }> {
    const { idToken = "", accessToken = "" } = (await signIn(scene)).tokens;
    return { idToken, accessToken };
  }
  test("takes an ID token that is for us", async () => {
    const scene = await start();
    const { idToken } = await tokensOf(scene);
    const login = await scene.connector.exchangeToken!({ kind: "id_token", token: idToken });
    expect(login.identity).toMatchObject({ userId: "id-of-alice", email: "alice@example.com" });
    expect(login.tokens).toEqual({});
    expect(Buffer.from(login.connectorData ?? []).toString()).toBe('{"RefreshToken":""}');
  });

  test.each<[readonly string[], boolean]>([
    [[], false],
    [["somebody"], false],
    [["another"], true],
    [["*"], true],
  ])("with the further audiences %j takes an ID token for another client: %j", async (audiences, isTaken) => {
    const scene = await start({}, {}, "another");
    const { idToken } = await tokensOf(scene);
    const upstream = federatedOidc({ ...scene.provider, clientId: "ours" }, { tokenExchangeAudiences: audiences });
    const ours = createOidcConnector(vendorDeps(), { id: "ours", name: "Ours", upstream });
    running.push(() => ours.close?.());
    const work = ours.exchangeToken!({ kind: "id_token", token: idToken });
    if (isTaken) expect((await work).identity.userId).toBe("id-of-alice");
    else expect((await failureOf(work)).reason).toBe("untrusted");
  });

  test("takes an access token that userinfo knows, where it is asked", async () => {
    const scene = await start({ getUserInfo: true });
    const { accessToken } = await tokensOf(scene);
    const login = await scene.connector.exchangeToken!({ kind: "access_token", token: accessToken });
    expect(login.identity.userId).toBe("id-of-alice");
    const { connector } = await start();
    const without = connector.exchangeToken!({ kind: "access_token", token: accessToken });
    expect((await failureOf(without)).reason).toBe("denied");
  });

  test.each<[string, SubjectToken]>([
    ["an unknown access token", { kind: "access_token", token: "unknown" }],
    ["an access token with a line break", { kind: "access_token", token: "a\nb" }],
    ["garbage", { kind: "id_token", token: "garbage" }],
    ["an unsigned ID token", { kind: "id_token", token: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0." }],
  ])("refuses %s", async (_name, subject) => {
    const { connector } = await start({ getUserInfo: true });
    expect(["denied", "untrusted"]).toContain((await failureOf(connector.exchangeToken!(subject))).reason);
  });
});

describe("the sign-out", () => {
  test("comes back to where it is told, without a hint", async () => {
    const endpoint = "https://idp.example/bye?theme=dark";
    const scene = await start({}, { discovery: { end_session_endpoint: endpoint } });
    const login = await signIn(scene);
    const url = scene.connector.endSessionUrl?.(login, "https://sso.example/out");
    expect(url?.href).toBe(
      "https://idp.example/bye?client_id=gatehouse&post_logout_redirect_uri=https%3A%2F%2Fsso.example%2Fout&theme=dark",
    );
    expect(scene.connector.endSessionUrl?.(login, undefined)?.href).toBe(endpoint);
  });

  test("is none where the upstream has none", async () => {
    const scene = await start({}, { discovery: { end_session_endpoint: undefined } });
    expect(scene.connector.endSessionUrl?.(await signIn(scene), "https://sso.example/out")).toBeUndefined();
  });
});
