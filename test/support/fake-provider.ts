import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { createHash, randomBytes } from "node:crypto";

/**
 * An OpenID Connect provider at the edge of the tests: it signs everybody in at once, and can be bent to be slow, broken or
 * hostile. Everything in `settings` and `users` may be changed while it runs.
 */
export interface FakeProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly settings: FakeProviderSettings;
  readonly users: Record<string, FakeUser>;
  /** How often each endpoint was asked. */
  readonly requests: Record<FakeEndpoint, number>;
  /** The forms that the token endpoint got, oldest first. */
  readonly tokenForms: Readonly<Record<string, string>>[];
  /** Follow an authorization URL as a browser would, and return the callback's parameters. */
  authorize(url: URL): Promise<URLSearchParams>;
  /** Sign with a new key from now on. `keep`: the old one is still published. */
  rotateKeys(options?: { readonly keep?: boolean; readonly kid?: string }): Promise<void>;
  revokeRefreshTokens(): void;
  stop(): Promise<void>;
}

export type FakeEndpoint = "discovery" | "jwks" | "authorize" | "token" | "userinfo" | "logout";

/** Claims of a user, besides anything else that a test wants to add. */
export interface FakeUser {
  sub: string;
  [claim: string]: unknown;
}

export interface FakeProviderSettings {
  /** Who signs in, unless `login_hint` names another user. */
  user: string;
  /** Everything answers 503. */
  down: boolean;
  /** These endpoints answer with this status and no usable body. */
  failing: Partial<Record<FakeEndpoint, number>>;
  /** Wait so long before each answer. */
  delayMs: number;
  /** The authorization endpoint sends the browser back with this `error`. */
  denyWith: string | undefined;
  /** `iss` of the authorization response: true = the issuer, false = none, or another. */
  sendIssuer: boolean | string;
  /** Replaces members of the discovery document; undefined removes one. */
  discovery: Record<string, unknown>;
  signing: "good" | "none" | "shared-secret" | "foreign-key";
  /** Name the key in the header. */
  nameKey: boolean;
  /** Replaces members of the ID token's header. */
  idTokenHeader: Record<string, unknown>;
  /** Replaces claims of the ID token; undefined removes one. */
  idTokenClaims: Record<string, unknown>;
  /** Claims of the user that the ID token carries; the rest is at userinfo only. */
  idTokenScope: "everything" | "subject";
  /** Replaces claims at userinfo; undefined removes one. */
  userinfoClaims: Record<string, unknown>;
  /** How clients may authenticate. */
  authentication: "basic" | "post" | "both";
  tokenAnswer: "json" | "form";
  /** Undefined = the member is missing. */
  tokenType: string | undefined;
  /** Replaces members of a token answer; undefined removes one. */
  tokenClaims: Record<string, unknown>;
  refreshTokens: boolean;
  rotateRefreshTokens: boolean;
  idTokenOnRefresh: boolean;
  accessTokenSeconds: number;
}

export interface FakeProviderOptions {
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly algorithm?: "ES256" | "RS256";
  /** Seconds since the epoch. Default: the system's. */
  readonly clock?: () => number;
  readonly port?: number;
  readonly settings?: Partial<FakeProviderSettings>;
}

interface Grant {
  readonly user: string;
  readonly nonce: string | undefined;
  readonly challenge: string | undefined;
  readonly redirectUri: string;
}

interface SigningKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: Record<string, unknown>;
}

interface State {
  readonly provider: Omit<FakeProvider, "stop" | "authorize" | "rotateKeys" | "revokeRefreshTokens">;
  readonly clock: () => number;
  readonly codes: Map<string, Grant>;
  readonly refreshTokens: Map<string, Grant>;
  readonly accessTokens: Map<string, Grant>;
  key: SigningKey;
  readonly foreignKey: SigningKey;
  published: Record<string, unknown>[];
}

export async function startFakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const algorithm = options.algorithm ?? "ES256";
  const key = await makeKey(algorithm, "key-1");
  const foreignKey = await makeKey(algorithm, "key-1");
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    fetch: (request) => answer(state, request),
  });
  const state: State = {
    provider: {
      issuer: `http://127.0.0.1:${server.port}`,
      clientId: options.clientId ?? "gatehouse",
      clientSecret: options.clientSecret ?? "a secret & more",
      settings: { ...defaultSettings(), ...options.settings },
      users: defaultUsers(),
      requests: { discovery: 0, jwks: 0, authorize: 0, token: 0, userinfo: 0, logout: 0 },
      tokenForms: [],
    },
    clock: options.clock ?? (() => Date.now() / 1000),
    codes: new Map(),
    refreshTokens: new Map(),
    accessTokens: new Map(),
    key,
    foreignKey,
    published: [key.publicJwk],
  };
  return {
    ...state.provider,
    authorize: async (url) => {
      const response = await fetch(url, { redirect: "manual" });
      const location = response.headers.get("location");
      if (location === null) throw new Error(`the authorization endpoint answered ${response.status}`);
      return new URL(location).searchParams;
    },
    rotateKeys: async ({ keep = false, kid } = {}) => {
      state.key = await makeKey(algorithm, kid ?? `key-${randomBytes(4).toString("hex")}`);
      state.published = [...(keep ? state.published : []), state.key.publicJwk];
    },
    revokeRefreshTokens: () => state.refreshTokens.clear(),
    stop: () => server.stop(true),
  };
}

function defaultSettings(): FakeProviderSettings {
  return {
    user: "alice",
    down: false,
    failing: {},
    delayMs: 0,
    denyWith: undefined,
    sendIssuer: true,
    discovery: {},
    signing: "good",
    nameKey: true,
    idTokenHeader: {},
    idTokenClaims: {},
    idTokenScope: "everything",
    userinfoClaims: {},
    authentication: "both",
    tokenAnswer: "json",
    tokenType: "Bearer",
    tokenClaims: {},
    refreshTokens: true,
    rotateRefreshTokens: true,
    idTokenOnRefresh: true,
    accessTokenSeconds: 300,
  };
}

function defaultUsers(): Record<string, FakeUser> {
  const user = (name: string, groups: readonly string[]): FakeUser => ({
    sub: `id-of-${name.toLowerCase()}`,
    name: `${name} Example`,
    preferred_username: name.toLowerCase(),
    email: `${name.toLowerCase()}@example.com`,
    email_verified: true,
    groups,
  });
  return { alice: user("Alice", ["staff", "admins"]), bob: user("Bob", ["staff"]) };
}

const ENDPOINTS: Record<string, FakeEndpoint> = {
  "/.well-known/openid-configuration": "discovery",
  "/jwks": "jwks",
  "/authorize": "authorize",
  "/token": "token",
  "/userinfo": "userinfo",
  "/oauth/userinfo": "userinfo", // where GitLab has it
  "/logout": "logout",
};

const HANDLERS: Record<FakeEndpoint, (state: State, request: Request, url: URL) => Response | Promise<Response>> = {
  discovery: (state) => Response.json(discoveryDocument(state)),
  jwks: (state) => Response.json({ keys: state.published }),
  authorize: (state, _request, url) => authorize(state, url.searchParams),
  token: (state, request) => token(state, request),
  userinfo: (state, request) => userinfo(state, request),
  logout: (_state, _request, url) => redirect(url.searchParams.get("post_logout_redirect_uri") ?? url.origin),
};

async function answer(state: State, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const endpoint = ENDPOINTS[url.pathname];
  if (endpoint === undefined) return new Response("not here", { status: 404 });
  const { settings, requests } = state.provider;
  requests[endpoint] += 1;
  if (settings.delayMs > 0) await Bun.sleep(settings.delayMs);
  const failure = settings.down ? 503 : settings.failing[endpoint];
  if (failure !== undefined) return new Response("<h1>Out of order</h1>", { status: failure });
  return HANDLERS[endpoint](state, request, url);
}

function discoveryDocument({ provider, key }: State): Record<string, unknown> {
  const { issuer, settings } = provider;
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/jwks`,
    end_session_endpoint: `${issuer}/logout`,
    response_types_supported: ["code"],
    id_token_signing_alg_values_supported: [key.algorithm, "HS256", "none"],
    token_endpoint_auth_methods_supported: [
      ...(settings.authentication === "post" ? [] : ["client_secret_basic"]),
      ...(settings.authentication === "basic" ? [] : ["client_secret_post"]),
    ],
    authorization_response_iss_parameter_supported: true,
    ...settings.discovery,
  };
}

function authorize(state: State, query: URLSearchParams): Response {
  const { issuer, settings, users } = state.provider;
  const callback = new URL(query.get("redirect_uri") ?? `${issuer}/no-redirect-uri`);
  callback.searchParams.set("state", query.get("state") ?? "");
  if (settings.sendIssuer !== false) {
    callback.searchParams.set("iss", settings.sendIssuer === true ? issuer : settings.sendIssuer);
  }
  if (settings.denyWith !== undefined) {
    callback.searchParams.set("error", settings.denyWith);
    return redirect(callback.href);
  }
  const code = randomBytes(16).toString("hex");
  const hint = query.get("login_hint") ?? "";
  state.codes.set(code, {
    user: Object.hasOwn(users, hint) ? hint : settings.user,
    nonce: query.get("nonce") ?? undefined,
    challenge: query.get("code_challenge") ?? undefined,
    redirectUri: query.get("redirect_uri") ?? "",
  });
  callback.searchParams.set("code", code);
  return redirect(callback.href);
}

async function token(state: State, request: Request): Promise<Response> {
  const form = Object.fromEntries(new URLSearchParams(await request.text()));
  const { settings, tokenForms } = state.provider;
  tokenForms.push(form);
  if (!authenticated(state, request.headers.get("authorization"), form)) return refuse(401, "invalid_client");
  const isRefresh = form.grant_type === "refresh_token";
  const grant = isRefresh ? takeRefreshToken(state, form.refresh_token ?? "") : takeCode(state, form);
  if (grant === undefined) return refuse(400, "invalid_grant");
  const accessToken = randomBytes(16).toString("hex");
  state.accessTokens.set(accessToken, grant);
  const issuesRefresh = settings.refreshTokens && (!isRefresh || settings.rotateRefreshTokens);
  const body = {
    access_token: accessToken,
    ...(settings.tokenType !== undefined && { token_type: settings.tokenType }),
    expires_in: settings.accessTokenSeconds,
    ...(issuesRefresh && { refresh_token: issueRefreshToken(state, grant) }),
    ...((!isRefresh || settings.idTokenOnRefresh) && {
      id_token: await idToken(state, grant, { accessToken, isRefresh }),
    }),
    ...settings.tokenClaims,
  };
  if (settings.tokenAnswer === "json") return Response.json(body);
  const fields = Object.entries(body).map(([name, value]) => [name, String(value)]);
  return new Response(new URLSearchParams(fields).toString(), {
    headers: { "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" },
  });
}

function authenticated(state: State, authorization: string | null, form: Record<string, string>): boolean {
  const { clientId, clientSecret, settings } = state.provider;
  if (authorization !== null) {
    const [id, secret] = atob(authorization.replace(/^Basic /, "")).split(":");
    const decoded = [id, secret].map((part) => new URLSearchParams(`x=${part}`).get("x"));
    return settings.authentication !== "post" && decoded[0] === clientId && decoded[1] === clientSecret;
  }
  return (
    settings.authentication !== "basic" && form.client_id === clientId && (form.client_secret ?? "") === clientSecret
  );
}

function takeCode(state: State, form: Record<string, string>): Grant | undefined {
  const grant = state.codes.get(form.code ?? "");
  state.codes.delete(form.code ?? "");
  if (grant === undefined || grant.redirectUri !== form.redirect_uri) return undefined;
  const challenge = createHash("sha256")
    .update(form.code_verifier ?? "")
    .digest("base64url");
  return grant.challenge === undefined || grant.challenge === challenge ? grant : undefined;
}

function takeRefreshToken(state: State, refreshToken: string): Grant | undefined {
  const grant = state.refreshTokens.get(refreshToken);
  if (state.provider.settings.rotateRefreshTokens) state.refreshTokens.delete(refreshToken);
  return grant;
}

function issueRefreshToken(state: State, grant: Grant): string {
  const refreshToken = randomBytes(16).toString("hex");
  state.refreshTokens.set(refreshToken, grant);
  return refreshToken;
}

async function idToken(
  state: State,
  grant: Grant,
  { accessToken, isRefresh }: { readonly accessToken: string; readonly isRefresh: boolean },
): Promise<string> {
  const { issuer, clientId, clientSecret, settings, users } = state.provider;
  const user = users[grant.user] ?? { sub: grant.user };
  const now = Math.floor(state.clock());
  const hash = createHash("sha256").update(accessToken).digest();
  const claims = JSON.parse(
    JSON.stringify({
      ...(settings.idTokenScope === "everything" ? user : { sub: user.sub }),
      iss: issuer,
      aud: clientId,
      iat: now,
      exp: now + 300,
      at_hash: hash.subarray(0, 16).toString("base64url"),
      ...(grant.nonce !== undefined && !isRefresh && { nonce: grant.nonce }),
      ...settings.idTokenClaims,
    }),
  ) as JWTPayload; // what was undefined is gone now
  if (settings.signing === "none") return new UnsecuredJWT(claims).encode();
  const key = settings.signing === "foreign-key" ? state.foreignKey : state.key;
  const alg = settings.signing === "shared-secret" ? "HS256" : key.algorithm;
  const signer = new SignJWT(claims).setProtectedHeader({
    alg,
    ...(settings.nameKey && { kid: state.key.kid }),
    ...settings.idTokenHeader,
  });
  return signer.sign(settings.signing === "shared-secret" ? new TextEncoder().encode(clientSecret) : key.privateKey);
}

function userinfo(state: State, request: Request): Response {
  const grant = state.accessTokens.get(request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "");
  if (grant === undefined) return refuse(401, "invalid_token");
  return Response.json({ ...state.provider.users[grant.user], ...state.provider.settings.userinfoClaims });
}

async function makeKey(algorithm: string, kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return {
    kid,
    algorithm,
    privateKey,
    publicJwk: { ...(await exportJWK(publicKey)), kid, use: "sig", alg: algorithm },
  };
}

function refuse(status: number, error: string): Response {
  return Response.json({ error, error_description: `refused: ${error}` }, { status });
}

function redirect(location: string): Response {
  return new Response(null, { status: 302, headers: { Location: location } });
}
