import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from "jose";
import type { OidcOptions } from "../../src/config/connector-configuration.ts";
import type { RedirectConnector } from "../../src/connector/connector.ts";
import type { Login } from "../../src/protocol/identity.ts";
import { Secret } from "../../src/protocol/secret.ts";
import { CLIENT_SECRET, type FakeAnswer, type FakeVendor, startFakeVendor, TRANSACTION } from "./fake-vendor.ts";

type Claims = Record<string, unknown>;

/** A vendor that speaks OpenID Connect: its tokens hold what `tokens` says, and are really signed. */
export interface FakeOidcVendor extends FakeVendor {
  readonly tokens: FakeTokens;
  /** For the `fetch` of a connector: Microsoft Graph is at `/graph` of this fake. */
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** PEM of the key that signs. */
  readonly publicKey: string;
  /** A token for us, of this vendor; `undefined` removes a claim. */
  sign(claims: Claims, by?: "us" | "somebody else"): Promise<string>;
  /** The forms that the token endpoint got. */
  tokenForms(): readonly Readonly<Record<string, string>>[];
}

/** May be changed while it runs. */
export interface FakeTokens {
  /** Claims of the ID token; undefined = there is none. */
  idToken: Claims | undefined;
  /** An opaque one, or claims of a JWT. */
  accessToken: string | Claims;
  refreshToken: string | undefined;
  /** Answers instead of tokens, in turn; the last one again and again. */
  errors: FakeAnswer[];
  signedBy: "us" | "somebody else";
}

export const ALICE: Claims = {
  sub: "alice-sub",
  email: "alice@example.com",
  email_verified: true,
  preferred_username: "alice.w",
  groups: ["admins", "dev"],
};

const keys = await generateKeyPair("RS256", { extractable: true });
const foreign = await generateKeyPair("RS256", { extractable: true });

export async function startFakeOidcVendor(routes: FakeVendor["routes"] = {}): Promise<FakeOidcVendor> {
  const tokens: FakeTokens = {
    idToken: { ...ALICE },
    accessToken: "at-1",
    refreshToken: "rt-1",
    errors: [],
    signedBy: "us",
  };
  const vendor = await startFakeVendor({
    "GET /jwks": { body: { keys: [{ ...(await exportJWK(keys.publicKey)), kid: "k1", alg: "RS256", use: "sig" }] } },
    "POST /token": () => (tokens.errors.length > 1 ? tokens.errors.shift()! : (tokens.errors[0] ?? issue())),
    ...routes,
  });
  const sign: FakeOidcVendor["sign"] = (claims, by = "us") => {
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: vendor.url, aud: "gatehouse", iat: now, exp: now + 300, ...claims };
    const signer = new SignJWT(JSON.parse(JSON.stringify(all))).setProtectedHeader({ alg: "RS256", kid: "k1" });
    return signer.sign(by === "us" ? keys.privateKey : foreign.privateKey);
  };
  const issue = async (): Promise<FakeAnswer> => {
    const { idToken, accessToken, refreshToken, signedBy } = tokens;
    const access = typeof accessToken === "string" ? accessToken : await sign(accessToken, signedBy);
    return {
      body: {
        access_token: access,
        token_type: "bearer",
        expires_in: 300,
        ...(idToken && { id_token: await sign(idToken, signedBy) }),
        ...(refreshToken && { refresh_token: refreshToken }),
      },
    };
  };
  return {
    ...vendor,
    tokens,
    sign,
    publicKey: await exportSPKI(keys.publicKey),
    fetch: (url, init) => fetch(url.replace("https://graph.microsoft.com", `${vendor.url}/graph`), init),
    asked: () => vendor.asked().filter((line) => !line.includes("/jwks") && !line.includes("/.well-known/")),
    tokenForms: () =>
      vendor.requests
        .filter(({ target }) => target === "/token")
        .map(({ body }) => Object.fromEntries(new URLSearchParams(body))),
  };
}

/** The options of a connector to a fake that is not to be discovered, with oauth2-proxy's defaults. */
export function oidcOptions(vendor: FakeVendor, changed: Partial<OidcOptions> = {}): OidcOptions {
  return {
    id: "corp",
    name: "Corp",
    issuer: vendor.url,
    clientId: "gatehouse",
    clientSecret: new Secret(CLIENT_SECRET),
    scopes: ["openid", "email", "profile"],
    clientAuthentication: "auto",
    groupsClaim: "groups",
    emailClaim: "email",
    allowUnverifiedEmail: false,
    nonce: false,
    authorizationParameters: {},
    claimRules: "oauth2-proxy",
    discovery: false,
    endpoints: {
      authorization: `${vendor.url}/authorize`,
      token: `${vendor.url}/token`,
      userinfo: `${vendor.url}/userinfo`,
      jwks: `${vendor.url}/jwks`,
      validate: "",
    },
    ...changed,
  };
}

export function signIn(connector: RedirectConnector): Promise<Login> {
  return connector.redeem(new URLSearchParams({ code: "the-code", state: TRANSACTION.state }), TRANSACTION);
}

export function refresh(connector: RedirectConnector, login: Login): Promise<Login> {
  if (connector.refresh === undefined) throw new Error("this connector cannot refresh");
  return connector.refresh(login);
}
