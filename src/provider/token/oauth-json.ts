import { jsonResponse } from "../../http/json-response.ts";
import { goJson } from "../../protocol/go-json.ts";
import { OAuthError } from "../../protocol/oauth-error.ts";
import { PublicError } from "../../protocol/public-error.ts";

/** No cache may keep what has tokens in it (RFC 6749 §5.1). */
export const NO_STORE = { "Cache-Control": "no-store", Pragma: "no-cache" };

/** An OAuth error as JSON, compact, without a trailing newline (RFC 6749 §5.2), and when to try again, if that makes sense. */
export function oauthErrorResponse(error: OAuthError, headers: Readonly<Record<string, string>> = {}): Response {
  const body = goJson({ error: error.error, error_description: error.description || undefined });
  const cause = error.cause instanceof PublicError ? error.cause.retryAfterSeconds : undefined;
  const seconds = cause ?? (error.status === 503 ? 5 : undefined);
  const retry = seconds === undefined ? {} : { "Retry-After": String(Math.ceil(seconds)) };
  return jsonResponse(error.status, body, { ...headers, ...retry });
}

/**
 * What a client is told of whatever was thrown.
 *
 * @throws what nobody expected, for the one place that answers such things (`server_error`).
 */
export function oauthErrorOf(thrown: unknown): OAuthError {
  if (thrown instanceof OAuthError) return thrown;
  if (!(thrown instanceof PublicError)) throw thrown;
  if (thrown.status === 503) {
    return new OAuthError("temporarily_unavailable", thrown.publicMessage, { status: 503, cause: thrown });
  }
  if (thrown.status >= 500) throw thrown;
  return new OAuthError("invalid_request", thrown.publicMessage, { status: thrown.status, cause: thrown });
}
