import type { OidcUpstream } from "../../src/config/dex-connector-configuration.ts";
import { createOidcConnector } from "../../src/connector/federated/oidc/oidc-connector.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import { vendorDeps } from "../support/fake-vendor.ts";
import { federatedOidc } from "../support/federated-oidc.ts";
import { bendClaims, bendSettings, FORGED_ID_TOKENS } from "../support/hostile-id-tokens.ts";
import { redirectConnectorSuite, type RedirectUpstream } from "./connector-suite.ts";

interface Upstream extends RedirectUpstream {
  readonly provider: FakeProvider;
}

async function start(changed: Partial<OidcUpstream> = {}): Promise<Upstream> {
  const provider = await startFakeProvider({ settings: { discovery: { code_challenge_methods_supported: ["S256"] } } });
  const upstream = federatedOidc(provider, {
    redirectUri: "http://127.0.0.1:1/callback",
    insecureEnableGroups: true,
    ...changed,
  });
  const alice = provider.users.alice!;
  return {
    provider,
    connector: createOidcConnector(vendorDeps(), { id: "corp", name: "Corp", upstream }),
    identity: {
      userId: "id-of-alice",
      username: "Alice Example",
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
  };
}

const UNUSABLE_CLAIMS = {
  "no name": bendClaims({ name: undefined }),
  "no address": bendClaims({ email: undefined }),
  "no word on whether the address is verified": bendClaims({ email_verified: undefined }),
  "a text that says whether the address is verified": bendClaims({ email_verified: "true" }),
  "groups that are none": bendClaims({ groups: ["staff", 7] }),
};

redirectConnectorSuite<Upstream>("oidc in dex's rules", {
  start,
  hostile: {
    ...FORGED_ID_TOKENS,
    ...UNUSABLE_CLAIMS,
    "an ID token that does not fit the access token": bendClaims({ at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }),
    "an answer without an ID token": bendSettings({ tokenClaims: { id_token: undefined } }),
    "a token that is not a bearer token": bendSettings({ tokenType: "DPoP" }),
    "a callback of another issuer": bendSettings({ sendIssuer: "https://evil.example.com" }),
    "a callback without the issuer that was promised": bendSettings({ sendIssuer: false }),
  },
  hostileAtRefresh: {
    ...FORGED_ID_TOKENS,
    ...UNUSABLE_CLAIMS,
    "an answer without an ID token": bendSettings({ idTokenOnRefresh: false }),
  },
  tolerated: {
    "several audiences": bendClaims({ aud: ["gatehouse", "another-client"] }),
    "an ID token without a time of issue": bendClaims({ iat: undefined }),
    "a new key": ({ provider }) => provider.rotateKeys(),
    "token answers as forms": bendSettings({ tokenAnswer: "form" }),
    "credentials in the body only": bendSettings({ authentication: "post" }),
    "credentials in the header only": bendSettings({ authentication: "basic" }),
    "no refresh tokens": bendSettings({ refreshTokens: false }),
  },
});

redirectConnectorSuite<Upstream>("oidc in dex's rules, with userinfo", {
  start: () => start({ getUserInfo: true }),
  hostile: {
    "userinfo of somebody else": bendSettings({ userinfoClaims: { sub: "id-of-bob" } }),
  },
  hostileAtRefresh: {
    "userinfo of somebody else": bendSettings({ userinfoClaims: { sub: "id-of-bob" } }),
  },
  tolerated: {
    "the claims at userinfo only": bendSettings({ idTokenScope: "subject" }),
  },
});
