import { readForm } from "../../http/form.ts";
import { jsonResponse } from "../../http/json-response.ts";
import { requestIdOf } from "../../http/request-id.ts";
import { goJson } from "../../protocol/go-json.ts";
import { OAuthError } from "../../protocol/oauth-error.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import type { Client } from "../storage-model.ts";
import { authorizationCodeGrant } from "./authorization-code-grant.ts";
import { authenticateClient } from "./client-authentication.ts";
import type { TokenAnswer } from "./issue-tokens.ts";
import { NO_STORE, oauthErrorResponse, oauthFailure } from "./oauth-json.ts";
import { refreshTokenGrant } from "./refresh-token-grant.ts";

type Grant = (provider: ProviderContext, client: Client, form: URLSearchParams) => Promise<TokenAnswer>;

/** One way to get tokens each; RFC 6749 §4. */
export const GRANTS: Readonly<Record<string, Grant>> = {
  authorization_code: authorizationCodeGrant,
  refresh_token: refreshTokenGrant,
};

/** `POST /token`, RFC 6749 §3.2. Only the body counts, never the query. */
export async function tokenEndpoint(provider: ProviderContext, request: Request): Promise<Response> {
  let grant = "none";
  try {
    if (request.method !== "POST") throw new OAuthError("invalid_request", "method not allowed");
    const form = await readForm(request);
    const handler = Object.entries(GRANTS).find(([name]) => name === form.get("grant_type"));
    if (handler === undefined) throw new OAuthError("unsupported_grant_type");
    grant = handler[0];
    const client = await authenticateClient(provider, request, form);
    const answer = await handler[1](provider, client, form);
    provider.metrics.token(grant, "issued");
    return jsonResponse(200, goJson(answer), NO_STORE);
  } catch (thrown) {
    return refuse(provider, request, grant, thrown);
  }
}

/** @throws what nobody expected, for the one place that answers such things. */
function refuse(provider: ProviderContext, request: Request, grant: string, thrown: unknown): Response {
  const error = oauthFailure(thrown);
  if (error === undefined) throw thrown;
  provider.metrics.token(grant, "refused");
  provider.log.info("tokens refused", { requestId: requestIdOf(request), grant, error: error.error });
  const challenge = error.error === "invalid_client" ? { "WWW-Authenticate": "Basic" } : {};
  const retry = error.status === 503 ? { "Retry-After": "5" } : {};
  return oauthErrorResponse(error, isNative(provider) ? { ...NO_STORE, ...challenge, ...retry } : retry);
}
