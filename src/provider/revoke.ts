import { constantTimeEquals } from "../crypto/equals.ts";
import { readForm } from "../http/form.ts";
import { OAuthError } from "../protocol/oauth-error.ts";
import { parseRefreshToken } from "../protocol/refresh-token-string.ts";
import type { ProviderContext } from "./provider-deps.ts";
import type { Client } from "./storage-model.ts";
import { authenticateClient } from "./token/client-authentication.ts";
import { NO_STORE, oauthErrorOf, oauthErrorResponse } from "./token/oauth-json.ts";
import { endRefreshToken } from "./token/refresh-tokens.ts";

/** `POST /token/revoke` (RFC 7009): 200 also for what is unknown, or another client's and then left alone. */
export async function revoke(provider: ProviderContext, request: Request): Promise<Response> {
  try {
    if (request.method !== "POST") throw new OAuthError("invalid_request", "method not allowed");
    const form = await readForm(request);
    const client = await authenticateClient(provider, request, form);
    const token = form.get("token") ?? "";
    if (token === "") throw new OAuthError("invalid_request", "Required param: token.");
    await (token.split(".").length === 3
      ? revokeJwt(provider, client, token)
      : revokeRefreshToken(provider, client, token));
    return new Response(null, { status: 200, headers: NO_STORE });
  } catch (thrown) {
    const error = oauthErrorOf(thrown);
    return oauthErrorResponse(error, error.status === 401 ? { ...NO_STORE, "WWW-Authenticate": "Basic" } : NO_STORE);
  }
}

async function revokeJwt(provider: ProviderContext, client: Client, token: string): Promise<void> {
  const claims = (await provider.tokens.verify(token))?.claims;
  const owner = claims?.["azp"] ?? claims?.["aud"];
  const { jti, exp } = claims ?? {};
  if (owner !== client.id || typeof jti !== "string" || typeof exp !== "number") return;
  await provider.tokens.revoke(jti, exp);
  provider.log.info("access token revoked", { client: client.id });
}

async function revokeRefreshToken(provider: ProviderContext, client: Client, sent: string): Promise<void> {
  const { id, token } = parseRefreshToken(sent);
  const row = await provider.store.refreshTokens.find(id);
  if (row?.clientId !== client.id || token === "") return;
  if (!constantTimeEquals(token, row.token) && !constantTimeEquals(token, row.obsoleteToken)) return;
  await endRefreshToken(provider, id);
  provider.log.info("refresh token revoked", { client: client.id });
}
