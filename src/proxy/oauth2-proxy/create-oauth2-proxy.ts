import type { Handler } from "../../http/handler.ts";
import { describeCause } from "../../http/error-response.ts";
import { brokenEscape } from "../../protocol/percent-encoding.ts";
import { PublicError } from "../../protocol/public-error.ts";
import { errorPage, plainAnswer, withoutCache } from "./answers.ts";
import { auth, type AuthDeps, createAllowedFields, createAllowedHeaders } from "./auth.ts";
import type { OAuth2ProxyDeps } from "./deps.ts";
import { finishLogin } from "./finish-login.ts";
import { redirectToHttps } from "./force-https.ts";
import { createHealth } from "./health.ts";
import type { Observe } from "./observe.ts";
import { createLoginParameters } from "./login-parameters.ts";
import { proxied, type ProxiedDeps } from "./proxied.ts";
import { openScope, type RequestScope, type ScopeRules } from "./request-scope.ts";
import { signIn } from "./sign-in.ts";
import { signOut } from "./sign-out.ts";
import { startLogin, type StartLoginDeps } from "./start-login.ts";
import { cleanPath } from "./upstreams/request-path.ts";
import { userinfo } from "./userinfo.ts";

export interface CreateOAuth2ProxyDeps extends OAuth2ProxyDeps {
  readonly trustedProxies: ScopeRules["trustedProxies"];
  /** Can sessions be loaded? Throws when not. */
  readonly ping: () => Promise<void>;
  readonly observe: Observe;
  readonly observeHealth: Observe;
}

/**
 * oauth2-proxy's endpoints, and its proxy for everything else. They answer any method, and match exactly: `{prefix}/auth/` is the
 * application's. A path with double slashes is redirected to the one without.
 */
export function createOAuth2Proxy(deps: CreateOAuth2ProxyDeps): Handler {
  const { configuration } = deps;
  const rules: ScopeRules = { ...configuration, trustedProxies: deps.trustedProxies };
  const health = createHealth({ health: configuration.health, ping: deps.ping });
  const silentHealth = configuration.health.silencePingLogging ? (response: Response) => response : undefined;
  const answer = createEndpoints(deps);
  return (request, peer) => {
    const scope = openScope(rules, request, peer);
    if (brokenEscape(scope.path) !== undefined) return new Response("400 Bad Request", MALFORMED);
    const toHttps = configuration.forceHttps && redirectToHttps(scope, configuration.forceHttps.port);
    if (toHttps !== undefined) return toHttps;
    const healthy = health(scope);
    if (healthy !== undefined) return observed(silentHealth ?? deps.observeHealth(scope), healthy);
    return redirectToCleanPath(scope) ?? observed(deps.observe(scope), guarded(deps, scope, answer));
  };
}

/** One path for rules and upstream. As in the original, nobody counts or logs it. */
function redirectToCleanPath({ path, query }: RequestScope): Response | undefined {
  if (!path.includes("//")) return undefined;
  const Location = query === "" ? cleanPath(path) : `${cleanPath(path)}?${query}`;
  return new Response(null, { status: 301, headers: { Location } });
}

const MALFORMED = { status: 400, headers: { "Content-Type": "text/plain; charset=utf-8", Connection: "close" } };

function observed(
  done: (response: Response) => Response | Promise<Response>,
  response: Response | Promise<Response>,
): Response | Promise<Response> {
  return response instanceof Promise ? response.then(done) : done(response);
}

type Endpoint = (scope: RequestScope) => Response | Promise<Response>;

function createEndpoints(deps: OAuth2ProxyDeps): Endpoint {
  const { pathPrefix } = deps;
  const login: StartLoginDeps = { ...deps, loginParameters: createLoginParameters(deps.configuration.loginParameters) };
  const proxiedDeps: ProxiedDeps = { ...login, allowedFields: createAllowedFields(deps.answerHeaders) };
  const authDeps: AuthDeps = { ...deps, allowedHeaders: createAllowedHeaders(deps.answerHeaders) };
  const endpoints = new Map<string, Endpoint>([
    [`${pathPrefix}/auth`, (scope) => auth(authDeps, scope)],
    [`${pathPrefix}/start`, (scope) => startLogin(login, scope, new URLSearchParams(scope.query))],
    [`${pathPrefix}/callback`, (scope) => finishLogin(deps, scope)],
    [`${pathPrefix}/sign_in`, (scope) => signIn(login, scope)],
    [`${pathPrefix}/sign_out`, (scope) => signOut(deps, scope)],
    [`${pathPrefix}/userinfo`, (scope) => userinfo(deps, scope)],
    ["/robots.txt", () => deps.pages.robots()],
  ]);
  const assets = `${pathPrefix}/static/`;
  return (scope) => {
    const endpoint = endpoints.get(scope.path);
    if (endpoint !== undefined) return endpoint(scope);
    if (!scope.path.startsWith(assets)) return proxied(proxiedDeps, scope);
    return withoutCache(deps.pages.asset(scope.path.slice(assets.length)) ?? plainAnswer(scope, 404));
  };
}

/** Whatever is thrown becomes an answer of the original's kind; a store that is down says when to come again. */
function guarded(deps: OAuth2ProxyDeps, scope: RequestScope, handle: Endpoint): Response | Promise<Response> {
  try {
    const response = handle(scope);
    return response instanceof Promise ? response.catch((error: unknown) => failed(deps, scope, error)) : response;
  } catch (error) {
    return failed(deps, scope, error);
  }
}

async function failed(deps: OAuth2ProxyDeps, scope: RequestScope, thrown: unknown): Promise<Response> {
  const error = thrown instanceof PublicError ? thrown : unexpected(thrown);
  const fields = { requestId: scope.requestId, path: scope.path, status: error.status, code: error.code };
  // Whoever hangs up while we read is no trouble of ours, and must not look like one in the log.
  if (scope.request.signal.aborted) deps.log.info("request given up by the client", fields);
  else if (error.status >= 500) deps.log.error("request failed", { ...fields, cause: describeCause(error.cause) });
  else deps.log.info("request refused", fields);
  // What was to be changed about the session is not: nobody is logged out because something is down.
  scope.cookies.length = 0;
  const response =
    scope.path === `${deps.pathPrefix}/auth`
      ? plainAnswer(scope, gatewayStatus(error))
      : await errorPage(deps, scope, { status: error.status, message: error.publicMessage });
  if (error.retryAfterSeconds !== undefined) response.headers.set("Retry-After", String(error.retryAfterSeconds));
  return withoutCache(response);
}

/** Gateways take anything but 401 and 403 for a failure of ours: whoever has tried too often is only not let in. */
function gatewayStatus({ status }: PublicError): 403 | 500 | 503 {
  if (status === 503) return 503;
  return status === 429 ? 403 : 500;
}

function unexpected(cause: unknown): PublicError {
  return new PublicError({ status: 500, code: "internal", publicMessage: "Something went wrong here.", cause });
}
