import { ConnectorError } from "../../connector/connector-error.ts";
import type { RedirectConnector } from "../../connector/connector.ts";
import { describeCause } from "../../http/error-response.ts";
import { redirect } from "../../http/redirect.ts";
import { queryOf } from "../../http/request-target.ts";
import { requestIdOf } from "../../http/request-id.ts";
import type { PendingLogin } from "../../login/login-transactions.ts";
import type { Login } from "../../protocol/identity.ts";
import type { ProviderContext } from "../provider-deps.ts";
import { finishProviderLogin } from "./finish-provider-login.ts";
import { hopPath } from "./hop.ts";
import { shownError } from "./shown-error.ts";
import { LoginFailedError, startAgainPath } from "./start-again.ts";

const FAILED = {
  status: 500,
  code: "login_upstream_error",
  publicMessage: "Authentication failed. Please contact your administrator or try again later.",
};

const NOT_STARTED_HERE = {
  status: 403,
  code: "login_state_mismatch",
  publicMessage: "This login was not started in this browser.",
};

/**
 * `/callback` and `/callback/{connector}`: the browser comes back from the upstream.
 *
 * The order is the security: the stored request, the transaction of this browser, the upstream's error, the code.
 *
 * @param id of the connector, when the path names one.
 */
export async function callbackStep(
  provider: ProviderContext,
  request: Request,
  id: string | undefined,
): Promise<Response> {
  if (request.method !== "GET") throw shownError(400, "Method not supported");
  const callback = new URLSearchParams(queryOf(request));
  const state = callback.get("state") ?? "";
  if (state === "") throw shownError(400, "User session error.", "login_state_missing");
  const authRequest = await provider.store.authRequests.find(state);
  if (authRequest === undefined || (id !== undefined && id !== authRequest.connectorId)) {
    throw shownError(400, "Requested resource does not exist.");
  }
  const connector = provider.connectors.find(authRequest.connectorId);
  if (connector?.kind !== "redirect") throw shownError(500, "Requested resource does not exist.");
  const { pending, setCookies } = provider.transactions.finish(request, state);
  const startAgainHref = startAgainPath(provider, authRequest);
  if (pending === undefined) throw new LoginFailedError(startAgainHref, NOT_STARTED_HERE);
  const login = await redeem(provider, request, { connector, callback, pending, startAgainHref });
  const next = await finishProviderLogin(provider, authRequest, {
    connectorId: connector.id,
    login,
    authTime: provider.clock(),
  });
  return redirect(303, hopPath(provider, "/auth", next, "step:continue"), setCookies);
}

interface Redemption {
  readonly connector: RedirectConnector;
  readonly callback: URLSearchParams;
  readonly pending: PendingLogin;
  readonly startAgainHref: string;
}

async function redeem(provider: ProviderContext, request: Request, redemption: Redemption): Promise<Login> {
  const { connector, callback, pending, startAgainHref } = redemption;
  const upstreamError = callback.get("error");
  const failed = (outcome: "denied" | "error", reason: string): never => {
    provider.metrics.login(connector.id, outcome);
    provider.log.warn("login failed", { requestId: requestIdOf(request), connector: connector.id, reason });
    throw new LoginFailedError(startAgainHref, FAILED);
  };
  if (upstreamError !== null) return failed("denied", upstreamError.slice(0, 64));
  try {
    const login = await connector.redeem(callback, pending);
    provider.metrics.login(connector.id, "success");
    return login;
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return failed(error.reason === "denied" ? "denied" : "error", describeCause(error.cause) ?? error.publicMessage);
  }
}
