import { constantTimeEquals } from "../crypto/equals.ts";
import { readForm } from "../http/form.ts";
import { jsonResponse } from "../http/json-response.ts";
import { goJson } from "../protocol/go-json.ts";
import { OAuthError } from "../protocol/oauth-error.ts";
import { parseRefreshToken } from "../protocol/refresh-token-string.ts";
import { encodeSubject } from "../protocol/subject.ts";
import { type ProviderContext, isNative } from "./provider-deps.ts";
import type { VerifiedClaims } from "./signing-keys/jwt.ts";
import type { RefreshToken } from "./storage-model.ts";
import { authenticateClient, claimedClientId } from "./token/client-authentication.ts";
import { NO_STORE, oauthErrorOf, oauthErrorResponse } from "./token/oauth-json.ts";

/**
 * `POST /token/introspect` (RFC 7662). The native dialect wants the client to authenticate (§2.1), which a public one cannot, and
 * takes no ID token for an access token. dex tells anybody; in its place we tell whoever shows no credentials, as its clients may rely
 * on it, but nobody who shows wrong ones.
 */
export async function introspect(provider: ProviderContext, request: Request): Promise<Response> {
  try {
    const token = await readToken(provider, request);
    const answer =
      token.split(".").length === 3 ? await ofAccessToken(provider, token) : await ofRefreshToken(provider, token);
    if (answer === undefined) return jsonResponse(200, '{"active":false}\n', NO_STORE);
    return jsonResponse(200, goJson(answer), isNative(provider) ? NO_STORE : {});
  } catch (thrown) {
    const error = oauthErrorOf(thrown);
    return oauthErrorResponse(error, error.status === 401 ? { "WWW-Authenticate": "Basic" } : {});
  }
}

async function readToken(provider: ProviderContext, request: Request): Promise<string> {
  if (request.method !== "POST") {
    throw new OAuthError("invalid_request", `HTTP method is ${JSON.stringify(request.method)}, expected "POST".`);
  }
  const form = await readForm(request);
  if (form.size === 0) throw new OAuthError("invalid_request", "The POST body can not be empty.");
  if (isNative(provider)) await requireConfidentialClient(provider, request, form);
  else await claimedClientId(provider, request, form);
  const token = form.get("token");
  if (token === null) throw new OAuthError("invalid_request", "The POST body doesn't contain 'token' parameter.");
  return token;
}

async function requireConfidentialClient(
  provider: ProviderContext,
  request: Request,
  form: URLSearchParams,
): Promise<void> {
  const { secret } = await authenticateClient(provider, request, form);
  if (secret === "") throw new OAuthError("invalid_client", "Invalid client credentials.", { status: 401 });
}

async function ofAccessToken(provider: ProviderContext, token: string): Promise<object | undefined> {
  const jwt = await provider.tokens.verify(token);
  if (jwt === undefined || (isNative(provider) && jwt.type !== "at+jwt")) return undefined;
  const { claims } = jwt;
  const audience = claims["aud"];
  const clientId = typeof audience === "string" ? audience : claims["azp"];
  if (typeof clientId !== "string" || (await provider.store.clients.find(clientId)) === undefined) {
    throw new OAuthError("server_error", "", { status: 500 });
  }
  return {
    active: true,
    client_id: clientId,
    sub: claims["sub"],
    exp: claims["exp"],
    iat: claims["iat"],
    nbf: claims["iat"],
    username: claims["preferred_username"],
    aud: audience,
    iss: claims["iss"],
    token_type: "Bearer",
    token_use: "access_token",
    ext: extension(claims),
  };
}

const EXTENSION = ["azp", "email", "email_verified", "groups", "name", "preferred_username", "federated_claims"];

function extension(claims: VerifiedClaims): object {
  return Object.fromEntries(EXTENSION.filter((name) => claims[name] !== undefined).map((name) => [name, claims[name]]));
}

async function ofRefreshToken(provider: ProviderContext, sent: string): Promise<object | undefined> {
  const { id, token } = parseRefreshToken(sent);
  const row = await provider.store.refreshTokens.find(id);
  if (row === undefined || !isCurrent(provider, row, token)) return undefined;
  const issuedAt = Math.trunc(row.createdAt);
  const { absoluteLifetimeSeconds } = provider.configuration.refresh;
  // dex says of a token without an end that it ended when it was issued.
  const endless = absoluteLifetimeSeconds === 0 && isNative(provider);
  const { claims } = row;
  return {
    active: true,
    client_id: row.clientId,
    sub: encodeSubject({ userId: claims.userId, connectorId: row.connectorId }),
    exp: endless ? undefined : issuedAt + absoluteLifetimeSeconds,
    iat: issuedAt,
    nbf: issuedAt,
    username: claims.preferredUsername || undefined,
    aud: row.clientId,
    iss: provider.configuration.issuer,
    token_type: "Bearer",
    token_use: "refresh_token",
    ext: {
      email: claims.email || undefined,
      email_verified: claims.emailVerified,
      groups: claims.groups.length > 0 ? claims.groups : undefined,
      name: claims.username || undefined,
      preferred_username: claims.preferredUsername || undefined,
    },
  };
}

function isCurrent(provider: ProviderContext, row: RefreshToken, token: string): boolean {
  const { reuseIntervalSeconds, absoluteLifetimeSeconds, idleLifetimeSeconds } = provider.configuration.refresh;
  const now = provider.clock();
  if (absoluteLifetimeSeconds > 0 && now >= row.createdAt + absoluteLifetimeSeconds) return false;
  if (idleLifetimeSeconds > 0 && now >= row.lastUsed + idleLifetimeSeconds) return false;
  const overlaps = row.obsoleteToken !== "" && now < row.lastUsed + reuseIntervalSeconds;
  return constantTimeEquals(token, row.token) || (overlaps && constantTimeEquals(token, row.obsoleteToken));
}
