import { ConnectorError } from "../connector/connector-error.ts";
import type { RedirectConnector } from "../connector/connector.ts";
import { requestIdOf } from "../http/request-id.ts";
import { queryOf } from "../http/request-target.ts";
import { completeLogin } from "./complete-login.ts";
import { type LoginDeps, HOME } from "./login-deps.ts";
import { type LoginFailure, failureOf, loginFailurePage } from "./login-failure.ts";
import type { PendingLogin } from "./login-transactions.ts";

/**
 * `GET {prefix}/callback`: the browser comes back from the upstream.
 *
 * The order is the security: the transaction that belongs to `state` and to this browser, then the upstream's
 * `error`, then the code, then admission. A code is never redeemed for a browser that did not ask for it
 * (RFC 6749 §10.12), and a transaction is used once.
 */
export async function finishLogin(deps: LoginDeps, request: Request): Promise<Response> {
  const callback = new URLSearchParams(queryOf(request));
  const state = callback.get("state");
  if (state === null || state === "") return refuse(deps, request, STATE_MISSING);
  const { pending, setCookies } = deps.transactions.finish(request, state);
  if (pending === undefined) return refuse(deps, request, { ...STATE_MISMATCH, setCookies });
  const connector = deps.connectors.find(pending.connectorId);
  if (connector?.kind !== "redirect") return refuse(deps, request, { ...STATE_MISMATCH, setCookies });
  const upstreamError = callback.get("error");
  if (upstreamError !== null) {
    return refuse(deps, request, { ...upstreamFailure(deps, connector, upstreamError, pending), setCookies });
  }
  return redeem(deps, request, { connector, callback, pending, setCookies });
}

const STATE_MISSING: LoginFailure = {
  status: 400,
  code: "login_state_missing",
  message: "The answer of the identity provider does not say which sign-in it belongs to.",
  returnTarget: HOME,
};

const STATE_MISMATCH: LoginFailure = {
  status: 403,
  code: "login_state_mismatch",
  message: "This sign-in was not started in this browser, took too long, or was finished already.",
  returnTarget: HOME,
};

interface Redemption {
  readonly connector: RedirectConnector;
  readonly callback: URLSearchParams;
  readonly pending: PendingLogin;
  readonly setCookies: readonly string[];
}

async function redeem(deps: LoginDeps, request: Request, redemption: Redemption): Promise<Response> {
  const { connector, callback, pending, setCookies } = redemption;
  const { returnTarget, ...transaction } = pending;
  try {
    const login = await connector.redeem(callback, transaction);
    return await completeLogin(deps, request, { connector, login, returnTarget, setCookies });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    deps.metrics.login(connector.id, error.reason === "denied" ? "denied" : "error");
    deps.log.warn("login failed", {
      requestId: requestIdOf(request),
      connector: connector.id,
      reason: error.reason,
      cause: error.cause instanceof Error ? error.cause.message : undefined,
    });
    return refuse(deps, request, { ...failureOf(error, returnTarget), setCookies });
  }
}

function upstreamFailure(
  deps: LoginDeps,
  connector: RedirectConnector,
  upstreamError: string,
  pending: PendingLogin,
): LoginFailure {
  const denied = upstreamError === "access_denied";
  deps.metrics.login(connector.id, denied ? "denied" : "error");
  deps.log.warn("login refused upstream", { connector: connector.id, error: upstreamError.slice(0, 64) });
  return {
    status: 403,
    code: "login_upstream_error",
    message: `${connector.name} did not sign you in (${/^[\w.-]{1,64}$/.test(upstreamError) ? upstreamError : "error"}).`,
    returnTarget: pending.returnTarget,
  };
}

function refuse(deps: LoginDeps, request: Request, failure: LoginFailure): Response {
  if (failure.code.startsWith("login_state")) {
    deps.log.warn("login callback refused", { requestId: requestIdOf(request), code: failure.code });
  }
  return loginFailurePage(deps, request, failure);
}
