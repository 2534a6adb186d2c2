import { inspect } from "node:util";

import { PublicError } from "../protocol/public-error.ts";
import type { Log } from "../telemetry/log.ts";
import type { Handler } from "./handler.ts";
import { requestIdOf } from "./request-id.ts";
import { pathOf } from "./request-target.ts";

/** What a page about an error has to say. */
export interface ErrorPage {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
  readonly retryAfterSeconds?: number;
}

export interface ErrorResponseDeps {
  readonly log: Log;
  readonly renderPage: (request: Request, page: ErrorPage) => Response;
}

/**
 * Call a handler and turn whatever it throws into an answer: a page for a browser's navigation, `application/problem+json`
 * (RFC 9457) for everything else. The private cause goes to the log; no answer shows a stack, a path, a driver's text or a secret.
 */
export function withErrorResponses(deps: ErrorResponseDeps, handler: Handler): Handler {
  const answer = (request: Request, error: unknown): Response => errorResponse(deps, request, error);
  return (request, peer) => {
    try {
      const response = handler(request, peer);
      return response instanceof Promise ? response.catch((error: unknown) => answer(request, error)) : response;
    } catch (error) {
      return answer(request, error);
    }
  };
}

function errorResponse(deps: ErrorResponseDeps, request: Request, thrown: unknown): Response {
  const error = thrown instanceof PublicError ? thrown : unexpected(thrown);
  logError(deps.log, request, error);
  const page: ErrorPage = {
    status: error.status,
    code: error.code,
    message: error.publicMessage,
    requestId: requestIdOf(request),
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
  };
  return wantsPage(request) ? deps.renderPage(request, page) : problemJson(page);
}

function unexpected(cause: unknown): PublicError {
  return new PublicError({ status: 500, code: "internal", publicMessage: "Something went wrong here.", cause });
}

function logError(log: Log, request: Request, error: PublicError): void {
  const fields = {
    requestId: requestIdOf(request),
    method: request.method,
    path: pathOf(request),
    status: error.status,
    code: error.code,
    cause: describeCause(error.cause),
  };
  if (error.status >= 500) log.error("request failed", fields);
  else log.info("request refused", fields);
}

/** The chain of causes as one line, with the stack only of what nobody expected. */
export function describeCause(cause: unknown): string | undefined {
  if (cause === undefined) return undefined;
  if (!(cause instanceof Error)) return inspect(cause);
  const inner = describeCause(cause.cause);
  const own = cause instanceof PublicError ? cause.message : `${cause.name}: ${cause.message}`;
  return inner === undefined ? own : `${own} (${inner})`;
}

function wantsPage(request: Request): boolean {
  if (request.headers.get("sec-fetch-mode") === "navigate") return true;
  return (request.headers.get("accept") ?? "").includes("text/html");
}

function problemJson(page: ErrorPage): Response {
  const headers = new Headers({ "Content-Type": "application/problem+json", "Cache-Control": "no-store" });
  if (page.retryAfterSeconds !== undefined) headers.set("Retry-After", String(page.retryAfterSeconds));
  const body = {
    type: "about:blank",
    title: page.message,
    status: page.status,
    code: page.code,
    request_id: page.requestId,
  };
  return new Response(JSON.stringify(body), { status: page.status, headers });
}
