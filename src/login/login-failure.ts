import type { PublicError } from "../protocol/public-error.ts";
import { requestIdOf } from "../http/request-id.ts";
import type { LoginDeps } from "./login-deps.ts";

/** Why a login did not finish; each is a translated text on the error page. */
export interface LoginFailure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly returnTarget: string;
  readonly setCookies?: readonly string[];
  readonly retryAfterSeconds?: number;
}

/** A page that says what went wrong and offers to start again. */
export function loginFailurePage(deps: LoginDeps, request: Request, failure: LoginFailure): Response {
  const startAgain = `${deps.settings.pathPrefix}/start?rd=${encodeURIComponent(failure.returnTarget)}`;
  const response = deps.pages.error(request, {
    status: failure.status,
    code: failure.code,
    message: failure.message,
    requestId: requestIdOf(request),
    startAgainHref: startAgain,
    ...(failure.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: failure.retryAfterSeconds }),
  });
  for (const cookie of failure.setCookies ?? []) response.headers.append("Set-Cookie", cookie);
  return response;
}

/** The failure that a connector's (or store's) exception stands for. */
export function failureOf(error: PublicError, returnTarget: string): LoginFailure {
  return {
    status: error.status,
    code: error.code,
    message: error.publicMessage,
    returnTarget,
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
  };
}
