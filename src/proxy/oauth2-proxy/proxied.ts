import { browserHostOf } from "../../http/browser-host.ts";
import type { HeaderField } from "../../http/exchange.ts";
import { pathAndQueryOf } from "../../http/request-target.ts";
import type { Session } from "../../session/session.ts";
import { errorPage, jsonAnswer, plainAnswer, signInPage } from "./answers.ts";
import { isWithinConstraints } from "./auth.ts";
import { authenticate, type Authentication } from "./authenticate.ts";
import { type RequestScope, browserSchemeOf } from "./request-scope.ts";
import { startLogin, type StartLoginDeps } from "./start-login.ts";
import type { UpstreamContext } from "./upstreams/upstream-request.ts";

export interface ProxiedDeps extends StartLoginDeps {
  /** From `createAllowedFields`. */
  readonly allowedFields: (session: Session | undefined) => readonly HeaderField[];
}

/** Everything that is not an endpoint of ours: to the upstream, or to sign in first. */
export function proxied(deps: ProxiedDeps, scope: RequestScope): Response | Promise<Response> {
  const result = authenticate(deps, scope);
  return result instanceof Promise ? result.then((later) => pass(deps, scope, later)) : pass(deps, scope, result);
}

function pass(deps: ProxiedDeps, scope: RequestScope, authentication: Authentication): Response | Promise<Response> {
  if (authentication.outcome !== "pass") return turnAway(deps, scope, authentication.outcome);
  const { session } = authentication;
  if (session !== undefined && !isWithinConstraints(scope, session.identity)) return plainAnswer(scope, 403);
  const context: UpstreamContext = {
    target: pathAndQueryOf(scope.request),
    scheme: browserSchemeOf(scope),
    host: browserHostOf(scope.request),
    requestId: scope.requestId,
    onUpstream: (id) => {
      scope.upstream = id;
    },
    setCookies: scope.cookies,
    responseHeaders: deps.allowedFields(session),
    ...(session === undefined ? {} : { session }),
  };
  return deps.upstreams.handle(scope.request, scope.peer, context);
}

function turnAway(
  deps: StartLoginDeps,
  scope: RequestScope,
  why: "sign-in" | "denied" | "refused",
): Response | Promise<Response> {
  if (why === "refused") return plainAnswer(scope, 403);
  if (why === "sign-in") return askToSignIn(deps, scope);
  if (deps.configuration.forceJsonErrors) return jsonAnswer(scope, 403);
  return errorPage(deps, scope, { status: 403, cause: "The session failed authorization checks" });
}

function askToSignIn(deps: StartLoginDeps, scope: RequestScope): Response | Promise<Response> {
  const { configuration } = deps;
  if (configuration.forceJsonErrors || isForProgram(scope.request) || deps.isApiRoute(scope))
    return jsonAnswer(scope, 401);
  return configuration.skipProviderButton ? startLogin(deps, scope) : signInPage(deps, scope, { status: 403 });
}

/** A script, an image or a WebSocket can do nothing with a page, and must not begin a login behind the person's back. */
function isForProgram({ headers }: Request): boolean {
  const accepted = (headers.get("accept") ?? "").split(",").map((type) => type.trim());
  if (accepted.includes("application/json")) return true;
  const mode = headers.get("sec-fetch-mode");
  return mode !== null && mode !== "navigate";
}
