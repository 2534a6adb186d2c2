import type { LoginGovConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Login } from "../../protocol/identity.ts";
import type { LoginTransaction, RedirectConnector } from "../connector.ts";
import { denied } from "../oauth2/api-request.ts";
import { fieldAt, textAt } from "../oauth2/json-field.ts";
import {
  bearer,
  createOAuth2Client,
  endpointUrl,
  type OAuth2Client,
  type OAuth2Deps,
} from "../oauth2/oauth2-client.ts";
import { createRedirectConnector, personApi } from "../oauth2/oauth2-connector.ts";
import { importRsaKey } from "../oauth2/rsa-key.ts";
import { requestToken, type TokenReply } from "../oauth2/token-request.ts";
import { vendorIdentity } from "../oauth2/vendor-identity.ts";
import { verifyIdToken } from "../oauth2/verify-id-token.ts";
import { RemoteKeys } from "../oidc/remote-keys.ts";
import { untrusted } from "../oidc/upstream-request.ts";
import { signClientAssertion } from "./client-assertion.ts";

const USERINFO = "https://secure.login.gov/api/openid_connect/userinfo";
const ENDPOINTS = {
  authorization: "https://secure.login.gov/openid_connect/authorize",
  token: "https://secure.login.gov/api/openid_connect/token",
  profile: USERINFO,
  validate: USERINFO,
};
const KEYS = "https://secure.login.gov/api/openid_connect/certs";
/** Identity assurance that is asked for unless the configuration asks for another: any account. */
const DEFAULT_ACR = "http://idmanagement.gov/ns/assurance/loa/1";

interface LoginGov {
  readonly client: OAuth2Client<LoginGovConnectorConfiguration>;
  readonly key: CryptoKey;
  readonly keys: RemoteKeys;
}

/**
 * login.gov.
 *
 * @throws {Error} when the private key is not usable.
 * @see https://developers.login.gov/oidc/
 */
export async function createLoginGovConnector(
  deps: OAuth2Deps,
  configuration: LoginGovConnectorConfiguration,
): Promise<RedirectConnector> {
  const client = createOAuth2Client(deps, configuration, ENDPOINTS, bearer);
  const key = await importRsaKey(configuration.privateKey.reveal()).catch(() => {
    throw new Error(
      "login.gov: the private key is not an RSA key in PEM form: give the one whose certificate login.gov knows (--jwt-key, --jwt-key-file)",
    );
  });
  const upstream: LoginGov = { client, key, keys: new RemoteKeys({ clock: client.clock, fetch: client.fetch }) };
  return createRedirectConnector(client, configuration.type, {
    needs: ["profile"],
    authorizationParameters: (login) => ({
      nonce: login.nonce,
      ...((login.parameters?.acr_values ?? []).length === 0 && { acr_values: DEFAULT_ACR }),
    }),
    redeem: (code, login) => redeem(upstream, code, login),
  });
}

async function redeem(upstream: LoginGov, code: string, login: LoginTransaction): Promise<Login> {
  const { client } = upstream;
  const reply = await redeemWithAssertion(upstream, code, login);
  const { accessToken, idToken, expiresIn } = reply;
  if (idToken === undefined) throw untrusted("the token endpoint issued no ID token");
  const { origin } = endpointUrl(client, "token");
  const claims = await verifyIdToken({ clock: client.clock, keys: upstream.keys }, idToken, {
    issuers: [`${origin}/`, origin],
    keysUrl: client.configuration.keysUrl || KEYS,
    clientId: client.configuration.clientId,
    nonce: login.nonce,
  });
  const email = await readEmail(client, accessToken, claims.sub);
  return {
    identity: vendorIdentity({ email, emailVerified: true }),
    tokens: {
      accessToken,
      idToken,
      ...(expiresIn !== undefined && { expiresAt: Math.floor(client.clock() + expiresIn) }),
    },
  };
}

async function redeemWithAssertion(
  { client, key }: LoginGov,
  code: string,
  login: LoginTransaction,
): Promise<TokenReply> {
  const { clientId, pkce } = client.configuration;
  const assertion = { clientId, audience: client.endpoints.token, now: client.clock() };
  return requestToken(client.fetch, endpointUrl(client, "token"), {
    client_assertion: await signClientAssertion(key, assertion),
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    code,
    grant_type: "authorization_code",
    ...(pkce && { code_verifier: login.codeVerifier }),
  });
}

async function readEmail(client: OAuth2Client, accessToken: string, subject: string | undefined): Promise<string> {
  const userinfo = await personApi(client, accessToken).get("userinfo", endpointUrl(client, "profile"));
  const told = textAt(userinfo, "sub");
  if (told !== undefined && told !== subject) throw untrusted("userinfo speaks of another subject than the ID token");
  const email = textAt(userinfo, "email") ?? "";
  if (email === "") throw denied("userinfo has no e-mail address");
  if (fieldAt(userinfo, ["email_verified"]) !== true) throw denied("the e-mail address is not verified");
  return email;
}
