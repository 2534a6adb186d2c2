import { ConnectorError, NotAdmittedError } from "../../connector/connector-error.ts";
import type { FormPostConnector, LoginTransaction, RedirectConnector } from "../../connector/connector.ts";
import { describeCause } from "../../http/error-response.ts";
import { readForm } from "../../http/form.ts";
import { queryOf } from "../../http/request-target.ts";
import { requestIdOf } from "../../http/request-id.ts";
import type { Login } from "../../protocol/identity.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { afterLogin } from "./after-login.ts";
import { finishProviderLogin } from "./finish-provider-login.ts";
import { type ReturnWay, resumeLogin } from "./login-binding.ts";
import { shownError } from "./shown-error.ts";
import { FAILED, LoginFailedError, NOT_A_MEMBER, startAgainPath } from "./start-again.ts";

const NOT_STARTED_HERE = {
  status: 403,
  code: "login_state_mismatch",
  publicMessage: "This login was not started in this browser.",
};

/** What came back: by a redirect, or by a form that another site made the browser post. */
interface Callback {
  readonly way: ReturnWay;
  readonly state: string;
  readonly parameters: URLSearchParams;
}

/**
 * `/callback` and `/callback/{connector}`: the browser comes back from the upstream.
 *
 * The order is the security: the stored request, the browser that began it, the upstream's error, the code.
 *
 * @param id of the connector, when the path names one.
 */
export async function callbackStep(
  provider: ProviderContext,
  request: Request,
  id: string | undefined,
): Promise<Response> {
  const callback = await readCallback(request);
  if (callback.state === "") throw shownError(400, "User session error.", "login_expired");
  const authRequest = await provider.store.authRequests.find(callback.state);
  if (authRequest === undefined || (id !== undefined && id !== authRequest.connectorId)) {
    throw shownError(400, "Requested resource does not exist.", "login_expired");
  }
  // What bound it to a browser went with the login that used it.
  if (authRequest.loggedIn) throw shownError(400, "User session error.", "login_expired");
  const connector = (await provider.connectors.find(authRequest.connectorId))?.connector;
  if (connector === undefined || connector.kind === "password") {
    throw shownError(500, "Requested resource does not exist.");
  }
  if (connector.kind !== callback.way) throw shownError(400, "Invalid request");
  return finish(provider, request, { connector, callback, authRequest, named: id !== undefined });
}

async function readCallback(request: Request): Promise<Callback> {
  if (request.method === "POST") {
    const parameters = await readForm(request);
    return { way: "form-post", state: parameters.get("RelayState") ?? "", parameters };
  }
  if (request.method !== "GET" && request.method !== "HEAD") throw shownError(400, "Method not supported");
  const parameters = new URLSearchParams(queryOf(request));
  return { way: "redirect", state: parameters.get("state") ?? "", parameters };
}

interface Arrival {
  readonly connector: RedirectConnector | FormPostConnector;
  readonly callback: Callback;
  readonly authRequest: AuthRequest;
  /** The path names the connector: only there does a proxy in front of us vouch for headers. */
  readonly named: boolean;
}

async function finish(provider: ProviderContext, request: Request, arrival: Arrival): Promise<Response> {
  const { connector, callback, authRequest } = arrival;
  const transaction = resumeLogin(provider, request, authRequest, callback.way);
  if (transaction === undefined) throw new LoginFailedError(startAgainPath(provider, authRequest), NOT_STARTED_HERE);
  const login = await redeem(provider, request, arrival, transaction);
  const authTime = provider.clock();
  const next = await finishProviderLogin(provider, authRequest, { connectorId: connector.id, login, authTime });
  return afterLogin(provider, request, next);
}

async function redeem(
  provider: ProviderContext,
  request: Request,
  arrival: Arrival,
  transaction: LoginTransaction,
): Promise<Login> {
  const { connector, callback, authRequest } = arrival;
  const upstreamError = callback.parameters.get("error");
  const failed = (outcome: "denied" | "error", reason: string, shown = FAILED): never => {
    provider.metrics.login(connector.id, outcome);
    provider.log.warn("login failed", { requestId: requestIdOf(request), connector: connector.id, reason });
    throw new LoginFailedError(startAgainPath(provider, authRequest), shown);
  };
  if (upstreamError !== null && callback.way === "redirect") return failed("denied", upstreamError.slice(0, 64));
  try {
    const login = await askConnector(request, arrival, transaction);
    provider.metrics.login(connector.id, "success");
    return login;
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const reason = describeCause(error.cause) ?? error.publicMessage;
    if (error instanceof NotAdmittedError) return failed("denied", reason, NOT_A_MEMBER);
    return failed(error.reason === "denied" ? "denied" : "error", reason);
  }
}

function askConnector(request: Request, arrival: Arrival, transaction: LoginTransaction): Promise<Login> {
  const { connector, callback, named } = arrival;
  if (connector.kind === "form-post") return connector.redeem(callback.parameters, transaction);
  const headers = named ? (connector.callbackHeaders ?? []) : [];
  const sent = headers.flatMap((name) => {
    const value = request.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return connector.redeem(callback.parameters, transaction, Object.fromEntries(sent));
}
