import { readFormText } from "../../http/form.ts";
import type { Peer } from "../../http/handler.ts";
import { jsonResponse } from "../../http/json-response.ts";
import { requestIdOf } from "../../http/request-id.ts";
import { queryOf } from "../../http/request-target.ts";
import { goJson } from "../../protocol/go-json.ts";
import { OAuthError } from "../../protocol/oauth-error.ts";
import { queryProblem } from "../../protocol/percent-encoding.ts";
import { DEVICE_CODE_GRANT } from "../device/device-state.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import type { Client } from "../storage-model.ts";
import { authorizationCodeGrant } from "./authorization-code-grant.ts";
import { authenticateClient } from "./client-authentication.ts";
import { clientCredentialsGrant } from "./client-credentials-grant.ts";
import { deviceCodeGrant } from "./device-code-grant.ts";
import type { TokenAnswer } from "./issue-tokens.ts";
import { NO_STORE, oauthErrorOf, oauthErrorResponse } from "./oauth-json.ts";
import { passwordGrant } from "./password-grant.ts";
import { refreshTokenGrant } from "./refresh-token-grant.ts";
import { tokenExchangeGrant } from "./token-exchange-grant.ts";

interface TokenRequest {
  readonly request: Request;
  readonly peer: Peer;
  readonly form: URLSearchParams;
}

/** @returns the answer, or its JSON where that is stored. */
type Grant = (provider: ProviderContext, sent: TokenRequest) => Promise<TokenAnswer | string>;

/** One way to get tokens each; RFC 6749 §4. */
const GRANTS: Readonly<Record<string, Grant>> = {
  authorization_code: ofClient(authorizationCodeGrant),
  refresh_token: ofClient(refreshTokenGrant),
  client_credentials: ofClient(clientCredentialsGrant),
  password: ofClient(passwordGrant),
  "urn:ietf:params:oauth:grant-type:token-exchange": ofClient(tokenExchangeGrant),
  [DEVICE_CODE_GRANT]: (provider, { request, form }) => deviceCodeGrant(provider, request, form),
};

/** `POST /token`, RFC 6749 §3.2. Only the body counts, never the query. */
export function tokenEndpoint(provider: ProviderContext, request: Request, peer: Peer): Promise<Response> {
  return answer(provider, request, peer, provider.configuration.grantTypes);
}

/** `POST /device/token`, where devices polled before dex 2.31. */
export function deviceTokenAlias(provider: ProviderContext, request: Request, peer: Peer): Promise<Response> {
  const served = provider.configuration.grantTypes.filter((grant) => grant === DEVICE_CODE_GRANT);
  return answer(provider, request, peer, served);
}

async function answer(
  provider: ProviderContext,
  request: Request,
  peer: Peer,
  served: readonly string[],
): Promise<Response> {
  let grant = "none";
  try {
    if (request.method !== "POST") throw new OAuthError("invalid_request", "method not allowed");
    const form = await readTokenForm(request);
    const wanted = form.get("grant_type") ?? "";
    const handler = served.includes(wanted) && Object.hasOwn(GRANTS, wanted) ? GRANTS[wanted] : undefined;
    if (handler === undefined) throw new OAuthError("unsupported_grant_type");
    grant = wanted;
    const issued = await handler(provider, { request, peer, form });
    provider.metrics.token(grant, "issued");
    return jsonResponse(200, typeof issued === "string" ? issued : goJson(issued), NO_STORE);
  } catch (thrown) {
    return refuse(provider, request, grant, thrown);
  }
}

/** Programs that stand in front read broken encodings in ways of their own, so such a request is refused, its query included. */
async function readTokenForm(request: Request): Promise<URLSearchParams> {
  const text = await readFormText(request);
  if (queryProblem(text) !== undefined || queryProblem(queryOf(request)) !== undefined) {
    throw new OAuthError("invalid_request");
  }
  return new URLSearchParams(text);
}

/** A grant that begins with who the client is. */
function ofClient(
  grant: (
    provider: ProviderContext,
    client: Client,
    form: URLSearchParams,
    clientAddress: string,
  ) => Promise<TokenAnswer>,
): Grant {
  return async (provider, { request, peer, form }) => {
    const client = await authenticateClient(provider, request, form);
    return grant(provider, client, form, provider.clientAddress(request, peer));
  };
}

/** @throws what nobody expected, for the one place that answers such things. */
function refuse(provider: ProviderContext, request: Request, grant: string, thrown: unknown): Response {
  const error = oauthErrorOf(thrown);
  provider.metrics.token(grant, "refused");
  provider.log.info("tokens refused", { requestId: requestIdOf(request), grant, error: error.error });
  const challenge = error.error === "invalid_client" ? { "WWW-Authenticate": "Basic" } : {};
  return oauthErrorResponse(error, isNative(provider) ? { ...NO_STORE, ...challenge } : {});
}
