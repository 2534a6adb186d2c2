import { requestIdOf } from "../../http/request-id.ts";
import { PublicError } from "../../protocol/public-error.ts";
import { withQuery } from "../../protocol/go-query.ts";
import type { OAuthErrorCode } from "../../protocol/oauth-error.ts";
import type { RedirectUri } from "../../protocol/redirect-uri.ts";
import { redirect } from "../../http/redirect.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import { LoginFailedError } from "./start-again.ts";

/** An error that is shown on a page, never redirected: nobody knows yet where to. */
export function shownError(status: number, message: string, code = codeOf(status)): PublicError {
  return new PublicError({ status, code, publicMessage: message });
}

/** An error that goes to the client's redirect URI (OpenID Connect Core §3.1.2.6). */
export class RedirectedError extends Error {
  readonly redirectUri: RedirectUri;
  readonly state: string;
  readonly error: OAuthErrorCode;
  readonly description: string;

  constructor(
    to: { readonly redirectUri: RedirectUri; readonly state: string },
    error: OAuthErrorCode,
    description: string,
  ) {
    super(`${error}: ${description}`);
    this.redirectUri = to.redirectUri;
    this.state = to.state;
    this.error = error;
    this.description = description;
  }
}

/** Call a step of the authorization endpoint; what it throws becomes a page or a redirect to the client. */
export async function withShownErrors(
  provider: ProviderContext,
  request: Request,
  step: () => Promise<Response>,
): Promise<Response> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof RedirectedError) return redirectError(provider, error);
    if (!(error instanceof PublicError)) throw error;
    const requestId = requestIdOf(request);
    provider.log.info("authorization refused", { requestId, status: error.status, reason: error.publicMessage });
    if (error.status >= 500) provider.log.error("authorization failed", { requestId, cause: String(error.cause) });
    return provider.pages.error(request, {
      status: error.status,
      code: error.code,
      message: error.publicMessage,
      requestId,
      ...(error instanceof LoginFailedError ? { startAgainHref: error.startAgainHref } : {}),
      ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    });
  }
}

function redirectError(provider: ProviderContext, error: RedirectedError): Response {
  provider.log.info("authorization refused", { error: error.error, reason: error.description });
  const parameters = { error: error.error, error_description: error.description };
  return redirect(303, withQuery(error.redirectUri, { ...parameters, ...answerParameters(provider, error.state) }));
}

/**
 * What every answer to a client has: its `state`, and `iss`, which tells a client with several providers whose answer this is
 * (RFC 9207). dex does not send `iss`, and sends an empty `state` to who sent none, which strict clients refuse (RFC 6749 §4.1.2).
 */
export function answerParameters(provider: ProviderContext, state: string): Readonly<Record<string, string>> {
  if (!isNative(provider)) return { state };
  return { ...(state === "" ? {} : { state }), iss: provider.configuration.issuer };
}

function codeOf(status: number): string {
  if (status === 404) return "not_found";
  if (status === 403) return "forbidden";
  return status >= 500 ? "internal" : "bad_request";
}
