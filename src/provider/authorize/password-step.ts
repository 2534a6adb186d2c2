import { ConnectorError, NotAdmittedError, ThrottledError } from "../../connector/connector-error.ts";
import { describeCause } from "../../http/error-response.ts";
import type { PasswordConnector } from "../../connector/connector.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/handler.ts";
import { pathAndQueryOf, queryOf } from "../../http/request-target.ts";
import { isForeignPost } from "../../http/same-site.ts";
import type { PasswordForm } from "../../pages/pages.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { wantedParts } from "../wanted-parts.ts";
import { afterLogin } from "./after-login.ts";
import { finishProviderLogin } from "./finish-provider-login.ts";
import { shownError } from "./shown-error.ts";
import { FAILED, LoginFailedError, NOT_A_MEMBER, startAgainPath } from "./start-again.ts";

/** A password form that belongs to a stored request. */
interface PasswordStep {
  readonly request: Request;
  readonly connector: PasswordConnector;
  readonly authRequest: AuthRequest;
}

/** `/auth/{connector}/login?state=…`: the password form, and what it posts. */
export async function passwordStep(
  provider: ProviderContext,
  request: Request,
  peer: Peer,
  id: string,
): Promise<Response> {
  const state = new URLSearchParams(queryOf(request)).get("state") ?? "";
  if (state === "") throw shownError(400, "User session error.", "login_expired");
  const authRequest = await provider.store.authRequests.find(state);
  if (authRequest?.connectorId !== id) {
    throw shownError(400, "Requested resource does not exist.", "login_expired");
  }
  const connector = (await provider.connectors.find(id))?.connector;
  if (connector === undefined) throw shownError(500, "Connector failed to initialize.");
  if (connector.kind !== "password") throw shownError(500, "Requested resource does not exist.");
  const step = { request, connector, authRequest };
  if (request.method === "GET") {
    const username = new URLSearchParams(queryOf(request)).get("login_hint") ?? "";
    return showForm(provider, step, { status: 200, username });
  }
  if (request.method !== "POST") throw shownError(400, "Unsupported request method.");
  if (isForeignPost(request)) throw shownError(403, "This form was sent from another site.");
  return logIn(provider, step, provider.clientAddress(request, peer));
}

async function logIn(provider: ProviderContext, step: PasswordStep, clientAddress: string): Promise<Response> {
  const { request, connector, authRequest } = step;
  const form = await readForm(request);
  const [username, password] = [form.get("login") ?? "", form.get("password") ?? ""];
  const wants = wantedParts(authRequest.scopes);
  try {
    const login = await connector.login({ username, password, clientAddress, wants });
    if (login === undefined) {
      provider.metrics.login(connector.id, "wrong-credentials");
      provider.log.warn("login failed: wrong credentials", { connector: connector.id, client: clientAddress });
      return await showForm(provider, step, { status: 401, username, problem: "wrong-credentials" });
    }
    provider.metrics.login(connector.id, "success");
    const finished = { connectorId: connector.id, login, authTime: provider.clock() };
    const next = await finishProviderLogin(provider, authRequest, finished);
    return await afterLogin(provider, request, next);
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return await showFailure(provider, step, { error, username, clientAddress });
  }
}

/** Asking once more helps against waiting and against an upstream that is down; otherwise the login has come to its end. */
async function showFailure(
  provider: ProviderContext,
  step: PasswordStep,
  { error, username, clientAddress }: { error: ConnectorError; username: string; clientAddress: string },
): Promise<Response> {
  const { connector, authRequest } = step;
  const reason = describeCause(error.cause) ?? error.publicMessage;
  provider.metrics.login(connector.id, error.reason === "denied" ? "denied" : "error");
  provider.log.warn("login failed", { connector: connector.id, client: clientAddress, reason });
  const throttled = error instanceof ThrottledError;
  if (!throttled && error.reason !== "unreachable") {
    const shown = error instanceof NotAdmittedError ? NOT_A_MEMBER : FAILED;
    throw new LoginFailedError(startAgainPath(provider, authRequest), shown);
  }
  const problem = throttled ? "throttled" : "unreachable";
  const response = await showForm(provider, step, { status: throttled ? 429 : 503, username, problem });
  response.headers.set("Retry-After", String(Math.ceil(error.retryAfterSeconds ?? 10)));
  return response;
}

interface FormView {
  readonly status: number;
  readonly username: string;
  readonly problem?: NonNullable<PasswordForm["problem"]>;
}

async function showForm(provider: ProviderContext, step: PasswordStep, view: FormView): Promise<Response> {
  const { request, connector, authRequest } = step;
  const client = await provider.store.clients.find(authRequest.clientId);
  const back = backPath(new URLSearchParams(queryOf(request)).get("back") ?? "");
  const { status, username, problem } = view;
  return provider.pages.signIn(request, {
    status,
    ...(client === undefined ? {} : { application: client.name }),
    connectors: [],
    forms: [
      {
        action: pathAndQueryOf(request),
        prompt: connector.prompt,
        usernameField: "login",
        username,
        hidden: {},
        ...(problem === undefined ? {} : { problem }),
      },
    ],
    ...(back === undefined ? {} : { backHref: back }),
  });
}

/** Only a path of our own: the address is the browser's to write. */
function backPath(back: string): string | undefined {
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(back) ? back : undefined;
}
