import type { LocalUser, OidcConnectorConfiguration } from "../../src/config/connector-configuration.ts";
import { createLocalConnector } from "../../src/connector/local/local-connector.ts";
import { createOidcConnector } from "../../src/connector/oidc/oidc-connector.ts";
import { Secret } from "../../src/protocol/secret.ts";
import type { Log } from "../../src/telemetry/log.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import { passwordConnectorSuite, redirectConnectorSuite, type RedirectUpstream } from "./connector-suite.ts";

const nothing = (): void => {};
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, with: () => silent };
const now = (): number => Date.now() / 1000;

interface OidcUpstream extends RedirectUpstream {
  readonly provider: FakeProvider;
  /** Move the connector's clock, not the upstream's. */
  advance(seconds: number): void;
}

async function startOidc(
  changed: Partial<OidcConnectorConfiguration> = {},
  username = "Alice Example",
): Promise<OidcUpstream> {
  let offset = 0;
  const provider = await startFakeProvider();
  const configuration: OidcConnectorConfiguration = {
    type: "oidc",
    id: "corp",
    name: "Corp",
    issuer: provider.issuer,
    clientId: provider.clientId,
    clientSecret: new Secret(provider.clientSecret),
    scopes: ["openid", "profile", "email", "offline_access"],
    clientAuthentication: "auto",
    groupsClaim: "groups",
    emailClaim: "email",
    allowUnverifiedEmail: false,
    pkce: "S256",
    nonce: true,
    authorizationParameters: {},
    ...changed,
  };
  const alice = provider.users.alice!;
  return {
    provider,
    connector: createOidcConnector({ clock: () => now() + offset, fetch, log: silent }, configuration),
    identity: {
      userId: "id-of-alice",
      username,
      preferredUsername: "alice",
      email: "alice@example.com",
      emailVerified: true,
      groups: ["staff", "admins"],
    },
    signIn: (url) => provider.authorize(url),
    changeGroups: (groups) => void (alice.groups = groups),
    changeSubject: () => void (alice.sub = "id-of-somebody-else"),
    setReachable: (reachable) => void (provider.settings.down = !reachable),
    revoke: () => provider.revokeRefreshTokens(),
    stop: () => provider.stop(),
    advance: (seconds) => void (offset += seconds),
  };
}

type Bend = (upstream: OidcUpstream) => unknown;

const claims =
  (changed: Record<string, unknown>): Bend =>
  ({ provider }) =>
    Object.assign(provider.settings.idTokenClaims, changed);

const settings =
  (changed: Partial<FakeProvider["settings"]>): Bend =>
  ({ provider }) =>
    Object.assign(provider.settings, changed);

/** Forged or misdirected ID tokens. */
const HOSTILE_ID_TOKENS: Record<string, Bend> = {
  "an ID token of another issuer": claims({ iss: "https://evil.example.com" }),
  "an ID token of an issuer with a slash more": ({ provider }) =>
    Object.assign(provider.settings.idTokenClaims, { iss: `${provider.issuer}/` }),
  "an ID token without an issuer": claims({ iss: undefined }),
  "an ID token for another client": claims({ aud: "another-client" }),
  "an ID token for nobody": claims({ aud: [] }),
  "an ID token without an audience": claims({ aud: undefined }),
  "an ID token for several clients without azp": claims({ aud: ["gatehouse", "another-client"] }),
  "an ID token that another client asked for": claims({ azp: "another-client" }),
  "an ID token that ended": claims({ exp: Math.floor(now()) - 61 }),
  "an ID token without an end": claims({ exp: undefined }),
  "an ID token that ends at a text": claims({ exp: "9999999999" }),
  "an ID token of the future": claims({ iat: Math.floor(now()) + 120 }),
  "an ID token without a time of issue": claims({ iat: undefined }),
  "an ID token that is not valid yet": claims({ nbf: Math.floor(now()) + 120 }),
  "an ID token without a subject": claims({ sub: undefined }),
  "an ID token with an empty subject": claims({ sub: "" }),
  "an ID token with a number as subject": claims({ sub: 7 }),
  "an ID token that does not fit the access token": claims({ at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }),
  "an ID token with an at_hash that is no text": claims({ at_hash: [] }),
  "an unsigned ID token": settings({ signing: "none" }),
  "an ID token signed with the shared secret": settings({ signing: "shared-secret" }),
  "an ID token signed with another key of the same name": settings({ signing: "foreign-key" }),
  "an ID token signed with a nameless foreign key": settings({ signing: "foreign-key", nameKey: false }),
  "an ID token whose key is unknown": settings({ idTokenHeader: { kid: "nobody's" } }),
  "an ID token that names another algorithm": settings({ idTokenHeader: { alg: "ES384" }, signing: "none" }),
  "a token of another type": settings({ idTokenHeader: { typ: "at+jwt" } }),
  "a logout token": settings({ idTokenHeader: { typ: "application/logout+jwt" } }),
  "an ID token that is none": settings({ tokenClaims: { id_token: "not-a-token" } }),
  "an empty signature": settings({ tokenClaims: { id_token: "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9." } }),
  "a token that is not a bearer token": settings({ tokenType: "DPoP" }),
  "userinfo of somebody else": settings({ idTokenScope: "subject", userinfoClaims: { sub: "id-of-bob" } }),
  "userinfo of nobody": settings({ idTokenScope: "subject", userinfoClaims: { sub: undefined } }),
};

const HOSTILE_CALLBACKS: Record<string, Bend> = {
  "an ID token with another nonce": claims({ nonce: "another-nonce" }),
  "an ID token without a nonce": claims({ nonce: undefined }),
  "an ID token with a list as nonce": claims({ nonce: ["a-nonce"] }),
  "an answer without an ID token": settings({ tokenClaims: { id_token: undefined } }),
  "a callback of another issuer": settings({ sendIssuer: "https://evil.example.com" }),
  "a callback without the issuer that was promised": settings({ sendIssuer: false }),
};

redirectConnectorSuite<OidcUpstream>("oidc", {
  start: () => startOidc(),
  hostile: { ...HOSTILE_ID_TOKENS, ...HOSTILE_CALLBACKS },
  hostileAtRefresh: HOSTILE_ID_TOKENS,
  tolerated: {
    "a clock 50 seconds behind": ({ advance }) => advance(50),
    "a clock 50 seconds ahead": ({ advance }) => advance(-50),
    "an ID token that ended 50 seconds ago": claims({ exp: Math.floor(now()) - 50 }),
    "its own name as azp": claims({ aud: ["gatehouse", "another-client"], azp: "gatehouse" }),
    "no at_hash": claims({ at_hash: undefined }),
    "keys without names": settings({ nameKey: false }),
    "a new key": ({ provider, advance }) => {
      advance(11);
      return provider.rotateKeys();
    },
    "the claims at userinfo only": settings({ idTokenScope: "subject" }),
    "token answers as forms": settings({ tokenAnswer: "form" }),
    "no token type": settings({ tokenType: undefined }),
    "a token type in capitals": settings({ tokenType: "BEARER" }),
    "a lifetime as text": settings({ tokenClaims: { expires_in: "300" } }),
    "a lifetime that is nonsense": settings({ tokenClaims: { expires_in: "soon" } }),
    "credentials in the body only": settings({ authentication: "post" }),
    "credentials in the header only": settings({ authentication: "basic" }),
    "no refresh tokens": settings({ refreshTokens: false }),
    "email_verified as text": claims({ email_verified: "true" }),
    "a broken userinfo endpoint that is not needed": settings({ failing: { userinfo: 500 } }),
  },
});

/** What oauth2-proxy lets pass, and the drop-in too: nothing that would let in somebody else. */
const LOOSER = new Set([
  "an ID token for several clients without azp",
  "an ID token that another client asked for",
  "an ID token of the future",
  "an ID token without a time of issue",
  "an ID token that is not valid yet",
  "an ID token without a subject",
  "an ID token with an empty subject",
  "a token of another type",
  "a token that is not a bearer token",
  "userinfo of nobody",
]);
const stricter = Object.fromEntries(Object.entries(HOSTILE_ID_TOKENS).filter(([name]) => !LOOSER.has(name)));
/** A renewal may bring the ID token of the login once more, made for another access token. */
const stricterAtRefresh = Object.fromEntries(
  Object.entries(stricter).filter(([name]) => !/access token|at_hash/.test(name)),
);

redirectConnectorSuite<OidcUpstream>("oidc as oauth2-proxy reads it", {
  start: () => startOidc({ claimRules: "oauth2-proxy" }, "alice"),
  hostile: { ...stricter, ...HOSTILE_CALLBACKS },
  hostileAtRefresh: stricterAtRefresh,
  tolerated: {
    "no sub at userinfo": settings({ idTokenScope: "subject", userinfoClaims: { sub: undefined } }),
    "a new key, and another one at once": async ({ provider }) => {
      await provider.rotateKeys();
      await provider.rotateKeys();
    },
    "a token type of its own": settings({ tokenType: "mac" }),
    "an ID token of the near future": claims({ nbf: Math.floor(now()) + 200 }),
    "token answers as forms": settings({ tokenAnswer: "form" }),
    "credentials in the body only": settings({ authentication: "post" }),
    "credentials in the header only": settings({ authentication: "basic" }),
  },
});

const HASH = "$2y$04$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm"; // bcrypt of `password`, cost 4

passwordConnectorSuite("local", () => {
  let time = now();
  const user: LocalUser = {
    email: "alice@example.com",
    passwordHash: HASH,
    userId: "id-of-alice",
    name: "Alice Example",
    preferredUsername: "alice",
    emailVerified: true,
    groups: ["staff", "admins"],
  };
  let stored: LocalUser | undefined = user;
  const { passwordHash: _, name: username, ...rest } = user;
  return Promise.resolve({
    connector: createLocalConnector(
      { clock: () => time, log: silent, findUser: async (email) => (email === user.email ? stored : undefined) },
      { type: "local", id: "local", name: "Local", prompt: "Email Address", users: [] },
    ),
    identity: { ...rest, username },
    username: "Alice@Example.com",
    password: "password",
    changeGroups: (groups) => void (stored = { ...user, groups }),
    removeUser: () => void (stored = undefined),
    wait: (seconds) => void (time += seconds),
    stop: () => Promise.resolve(),
  });
});
