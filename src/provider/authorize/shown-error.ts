import { requestIdOf } from "../../http/request-id.ts";
import { PublicError } from "../../protocol/public-error.ts";
import type { OAuthErrorCode } from "../../protocol/oauth-error.ts";
import { OUT_OF_BAND } from "../../protocol/redirect-uri.ts";
import type { ProviderContext } from "../provider-deps.ts";
import { type AnswerTo, answerClient } from "./client-answer.ts";
import { LoginFailedError } from "./start-again.ts";

/** An error that is shown on a page, never redirected: nobody knows yet where to. */
export function shownError(status: number, message: string, code = codeOf(status)): PublicError {
  return new PublicError({ status, code, publicMessage: message });
}

/** Throws a {@link RedirectedError}. */
export type Refuse = (error: OAuthErrorCode, description: string) => void;

/** An error that goes to the client's redirect URI (OpenID Connect Core §3.1.2.6), in the response mode of the request. */
export class RedirectedError extends Error {
  readonly to: AnswerTo;
  readonly error: OAuthErrorCode;
  readonly description: string;

  constructor(to: AnswerTo, error: OAuthErrorCode, description: string) {
    super(`${error}: ${description}`);
    this.to = to;
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
    if (error instanceof RedirectedError && error.to.redirectUri !== OUT_OF_BAND) {
      return redirectError(provider, request, error);
    }
    return showError(provider, request, error instanceof RedirectedError ? shownError(400, error.message) : error);
  }
}

/** @throws what nobody expected, for the one place that answers such things. */
function showError(provider: ProviderContext, request: Request, error: unknown): Response {
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

function redirectError(
  provider: ProviderContext,
  request: Request,
  { to, error, description }: RedirectedError,
): Response {
  provider.log.info("authorization refused", { error, reason: description });
  return answerClient(provider, request, to, { error, error_description: description });
}

function codeOf(status: number): string {
  if (status === 404) return "not_found";
  if (status === 403) return "forbidden";
  return status >= 500 ? "internal" : "bad_request";
}
