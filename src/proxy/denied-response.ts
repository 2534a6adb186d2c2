import { requestIdOf } from "../http/request-id.ts";
import { redirect } from "../http/redirect.ts";
import type { ErrorModel, Pages } from "../pages/pages.ts";
import type { Decision, ForbidReason } from "./decide.ts";
import type { CheckContext, SignInUrl } from "./forward-auth/dialect.ts";
import { isNavigation } from "./navigation.ts";
import { type Target, targetOrigin, targetUrl } from "./target.ts";

export type Denied = Exclude<Decision, { readonly outcome: "allow" }>;

/** Answers somebody who may not pass (yet), where the answer reaches the browser as it is. */
export type RenderDenied = (decision: Denied, context: CheckContext) => Response;

export interface DeniedResponseDeps {
  readonly signInUrl: SignInUrl;
  readonly pages: Pick<Pages, "error">;
}

/**
 * A page's navigation is sent to sign-in and back to the very page; everything else gets 401
 * `application/problem+json` (RFC 9457) with `sign_in_url`, which leads back to the application's root. Who is forbidden gets 403, as a page or as
 * problem+json.
 *
 * No `WWW-Authenticate`: a browser would open its own password box over a page's script.
 */
export function createRenderDenied(deps: DeniedResponseDeps): RenderDenied {
  return (decision, context) => {
    const { request, target } = context;
    const isPage = isNavigation(request.headers, target?.method ?? request.method);
    if (decision.outcome === "forbid") return renderForbidden(deps, { ...context, isPage, reason: decision.reason });
    if (isPage && target !== undefined) return redirect(302, deps.signInUrl(targetUrl(target)), context.setCookies);
    const signInUrl = deps.signInUrl(target === undefined ? "/" : `${targetOrigin(target)}/`);
    const problem = { type: "about:blank", title: "Sign-in required", status: 401, sign_in_url: signInUrl };
    return problemResponse(problem, context.setCookies);
  };
}

interface Forbidden extends CheckContext {
  readonly isPage: boolean;
  readonly reason: ForbidReason;
}

const MESSAGES: Readonly<Record<ForbidReason, string>> = {
  "no-target": "This request could not be understood.",
  "no-app": "There is no application under this address.",
  "ambiguous-path": "This address is ambiguous and was refused.",
  "not-admitted": "You are signed in, but your account may not enter here.",
  "not-allowed": "You are signed in, but your account may not use this page.",
};

function renderForbidden(deps: DeniedResponseDeps, forbidden: Forbidden): Response {
  const { request, reason, target, setCookies } = forbidden;
  const status = 403;
  const code = reason.replaceAll("-", "_");
  const requestId = requestIdOf(request);
  if (!forbidden.isPage) {
    const problem = { type: "about:blank", title: MESSAGES[reason], status, code, request_id: requestId };
    return problemResponse(problem, setCookies);
  }
  const model: ErrorModel = { status, code, message: MESSAGES[reason], requestId, ...startAgain(deps, reason, target) };
  const response = deps.pages.error(request, model);
  for (const cookie of setCookies) response.headers.append("Set-Cookie", cookie);
  return response;
}

/** Another account may help only whom this one keeps out. */
function startAgain(
  deps: DeniedResponseDeps,
  reason: ForbidReason,
  target: Target | undefined,
): { readonly startAgainHref?: string } {
  const helps = reason === "not-admitted" || reason === "not-allowed";
  return helps && target !== undefined ? { startAgainHref: deps.signInUrl(targetUrl(target)) } : {};
}

function problemResponse(problem: { readonly status: number }, setCookies: readonly string[]): Response {
  const headers = new Headers({ "Content-Type": "application/problem+json", "Cache-Control": "no-store" });
  for (const cookie of setCookies) headers.append("Set-Cookie", cookie);
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}
