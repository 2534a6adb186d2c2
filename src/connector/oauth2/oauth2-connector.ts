import type { Identity, Login } from "../../protocol/identity.ts";
import type { LoginTransaction, RedirectConnector } from "../connector.ts";
import { askForJson } from "./api-request.ts";
import { buildAuthorizationUrl } from "./authorization-url.ts";
import { type Endpoints, endpointUrl, findMissingEndpoint, type OAuth2Client, withToken } from "./oauth2-client.ts";
import { readCode, requestToken, type TokenReply } from "./token-request.ts";
import { validateToken } from "./validate-token.ts";

/** What a vendor does in its own way. */
export interface OAuth2Behaviour {
  /** Endpoints without which nobody can sign in, besides those of OAuth itself. */
  readonly needs: readonly (keyof Endpoints)[];
  /** Parameters of the authorization request that only this vendor has. */
  readonly authorizationParameters?: (login: LoginTransaction) => Readonly<Record<string, string>>;
  /** @throws {ConnectorError} `denied`, `untrusted`, `unreachable`. */
  readonly redeem: (code: string, login: LoginTransaction) => Promise<Login>;
  readonly refresh?: (login: Login) => Promise<Login>;
}

/** What is asked of a vendor's interface with a person's token. */
export interface PersonApi {
  readonly accessToken: string;
  /**
   * @param what in words for an operator.
   * @param headers besides the token's.
   * @throws {ConnectorError} see {@link askForJson}.
   */
  get(what: string, url: URL, headers?: Readonly<Record<string, string>>): Promise<unknown>;
}

/** A connector to an upstream that speaks OAuth 2.0 (RFC 6749 §4.1) and has its own way to say who somebody is. */
export function createRedirectConnector(
  client: OAuth2Client,
  type: string,
  behaviour: OAuth2Behaviour,
): RedirectConnector {
  const { configuration } = client;
  const missing = findMissingEndpoint(client, ["authorization", "token", ...behaviour.needs]);
  const own = behaviour.authorizationParameters ?? (() => ({}));
  return {
    kind: "redirect",
    type,
    id: configuration.id,
    name: configuration.name,
    status: () => (missing === undefined ? { reachable: true } : { reachable: false, reason: missing }),
    authorizationUrl: async (login) =>
      buildAuthorizationUrl(endpointUrl(client, "authorization"), configuration, login, own(login)),
    redeem: async (callback, login) => behaviour.redeem(readCode(callback), login),
    ...(behaviour.refresh && {
      canRefresh: (login) => (login.tokens.refreshToken ?? "") !== "",
      refresh: behaviour.refresh,
    }),
    validate: (login) => validateToken(client, login),
  };
}

/** Redeem a code as most vendors want it: the client's credentials are in the form. */
export function redeemWithSecret(client: OAuth2Client, code: string, login: LoginTransaction): Promise<TokenReply> {
  const { clientId, clientSecret, pkce } = client.configuration;
  return requestToken(client.fetch, endpointUrl(client, "token"), {
    client_id: clientId,
    client_secret: clientSecret.reveal(),
    code,
    grant_type: "authorization_code",
    redirect_uri: login.redirectUri,
    ...(pkce && { code_verifier: login.codeVerifier }),
  });
}

/** Redeem a code, then ask who it is. What the session keeps is the access token alone: nothing here is renewed. */
export async function redeemAndAsk(
  client: OAuth2Client,
  code: string,
  login: LoginTransaction,
  readIdentity: (api: PersonApi) => Promise<Identity>,
): Promise<Login> {
  const { accessToken } = await redeemWithSecret(client, code, login);
  return { identity: await readIdentity(personApi(client, accessToken)), tokens: { accessToken } };
}

export function personApi(client: OAuth2Client, accessToken: string): PersonApi {
  return {
    accessToken,
    get: (what, url, headers = {}) => {
      const request = withToken(client, url, accessToken);
      return askForJson(client.fetch, { what, url: request.url, headers: { ...request.headers, ...headers } });
    },
  };
}
