import { readForm } from "../http/form.ts";
import { jsonResponse } from "../http/json-response.ts";
import { goJson } from "../protocol/go-json.ts";
import { type ProviderContext, isNative } from "./provider-deps.ts";
import type { VerifiedJwt } from "./signing-keys/jwt.ts";

/** What a token says of itself, not of the person. */
const TOKEN_CLAIMS = new Set(["iss", "aud", "exp", "iat", "jti", "azp", "nonce", "auth_time", "at_hash", "c_hash"]);

/**
 * `/userinfo` (OpenID Connect Core §5.3): the claims of a bearer token. dex gives the token's whole payload and takes ID tokens
 * too; the native dialect takes access tokens and tells of the person only.
 */
export async function userinfo(provider: ProviderContext, request: Request): Promise<Response> {
  const token = await readBearerToken(request);
  const native = isNative(provider);
  if (token === undefined) return refused(401, native ? "invalid_request" : "access_denied", "Bearer");
  const jwt = await provider.tokens.verify(token);
  if (jwt === undefined || (native && jwt.type !== "at+jwt")) {
    return native ? refused(401, "invalid_token", 'Bearer error="invalid_token"') : refused(403, "access_denied");
  }
  const body = native ? goJson(personalClaims(jwt)) : jwt.payload;
  return jsonResponse(200, body, native ? { "Cache-Control": "no-store" } : {});
}

/** In the header, or in the body of a form (RFC 6750 §2.1, §2.2); never in the address, which gets into logs. */
async function readBearerToken(request: Request): Promise<string | undefined> {
  const inHeader = /^Bearer +([^ ]+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  const isForm = request.headers.get("content-type")?.startsWith("application/x-www-form-urlencoded") ?? false;
  if (inHeader !== undefined || request.method !== "POST" || !isForm) return inHeader;
  return (await readForm(request)).get("access_token") ?? undefined;
}

function personalClaims(jwt: VerifiedJwt): object {
  return Object.fromEntries(Object.entries(jwt.claims).filter(([name]) => !TOKEN_CLAIMS.has(name)));
}

function refused(status: number, error: string, challenge?: string): Response {
  const body = goJson({ error, error_description: "Invalid bearer token." });
  return jsonResponse(status, body, challenge === undefined ? {} : { "WWW-Authenticate": challenge });
}
