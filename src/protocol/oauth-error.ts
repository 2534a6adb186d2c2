import { PublicError } from "./public-error.ts";

/** Error codes of RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, and OpenID Connect Core §3.1.2.6. */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "unsupported_response_type"
  | "unsupported_token_type"
  | "invalid_scope"
  | "access_denied"
  | "server_error"
  | "temporarily_unavailable"
  | "login_required"
  | "interaction_required"
  | "consent_required"
  | "request_not_supported"
  | "request_uri_not_supported"
  | "authorization_pending"
  | "slow_down"
  | "expired_token"
  | "invalid_token";

/** An error that goes to an OAuth client in RFC words. An empty description is left out of the answer. */
export class OAuthError extends PublicError {
  readonly error: OAuthErrorCode;
  readonly description: string;

  constructor(
    error: OAuthErrorCode,
    description = "",
    options: { readonly status?: number; readonly cause?: unknown } = {},
  ) {
    super({ status: options.status ?? 400, code: error, publicMessage: description || error, cause: options.cause });
    this.error = error;
    this.description = description;
  }
}
