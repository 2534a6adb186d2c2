import { ConnectorError, ThrottledError } from "../connector/connector-error.ts";
import { describeCause } from "../http/error-response.ts";
import type { PasswordConnector } from "../connector/connector.ts";
import type { Peer } from "../http/handler.ts";
import { requestIdOf } from "../http/request-id.ts";
import { readForm } from "../http/form.ts";
import { isForeignPost } from "../http/same-site.ts";
import type { Login } from "../protocol/identity.ts";
import { PublicError } from "../protocol/public-error.ts";
import type { ReturnTarget } from "../protocol/return-target.ts";
import { completeLogin } from "./complete-login.ts";
import type { LoginDeps } from "./login-deps.ts";
import { returnTargetOf } from "./return-target-of.ts";
import { type SignInView, renderSignInPage } from "./sign-in-page.ts";

/**
 * `POST {prefix}/sign_in` with `connector`, `username`, `password`, `rd`.
 *
 * @throws {PublicError} 403 when the form was posted from another site: that would sign a victim in as the attacker.
 */
export async function passwordLogin(deps: LoginDeps, request: Request, peer: Peer): Promise<Response> {
  if (isForeignPost(request)) {
    throw new PublicError({ status: 403, code: "forbidden", publicMessage: "This form was sent from another site." });
  }
  const form = await readForm(request);
  const target = returnTargetOf(deps.settings, form.get("rd"));
  const connector = findPasswordConnector(deps, form.get("connector"));
  if (connector === undefined) return renderSignInPage(deps, request, { target, status: 400 });
  const username = form.get("username") ?? "";
  const clientAddress = deps.clientAddress(request, peer);
  const attempt = await attemptLogin(connector, { username, password: form.get("password") ?? "", clientAddress });
  if (attempt.outcome === "success") {
    return completeLogin(deps, request, { connector, login: attempt.login, returnTarget: target, setCookies: [] });
  }
  deps.metrics.login(connector.id, attempt.outcome === "wrong-credentials" ? "wrong-credentials" : "error");
  deps.log.warn(`login failed: ${attempt.outcome}`, {
    requestId: requestIdOf(request),
    connector: connector.id,
    client: clientAddress,
    ...("cause" in attempt && { cause: attempt.cause }),
  });
  return showAgain(deps, request, target, { connectorId: connector.id, username, attempt });
}

function findPasswordConnector(deps: LoginDeps, id: string | null): PasswordConnector | undefined {
  const connector =
    id === null ? deps.connectors.list().find((one) => one.kind === "password") : deps.connectors.find(id);
  return connector?.kind === "password" ? connector : undefined;
}

type Attempt =
  | { readonly outcome: "success"; readonly login: Login }
  | { readonly outcome: "wrong-credentials" }
  | { readonly outcome: "throttled" | "unreachable"; readonly retryAfterSeconds: number; readonly cause?: string };

async function attemptLogin(
  connector: PasswordConnector,
  credentials: Parameters<PasswordConnector["login"]>[0],
): Promise<Attempt> {
  try {
    const login = await connector.login(credentials);
    return login === undefined ? { outcome: "wrong-credentials" } : { outcome: "success", login };
  } catch (error) {
    const throttled = error instanceof ThrottledError;
    if (!(error instanceof ConnectorError) || (!throttled && error.reason !== "unreachable")) throw error;
    const [outcome, cause] = [throttled ? "throttled" : "unreachable", describeCause(error.cause)] as const;
    return { outcome, retryAfterSeconds: error.retryAfterSeconds ?? 10, ...(cause !== undefined && { cause }) };
  }
}

const STATUS = { "wrong-credentials": 401, throttled: 429, unreachable: 503 } as const;

async function showAgain(
  deps: LoginDeps,
  request: Request,
  target: ReturnTarget,
  failed: {
    readonly connectorId: string;
    readonly username: string;
    readonly attempt: Exclude<Attempt, { outcome: "success" }>;
  },
): Promise<Response> {
  const { connectorId, username, attempt } = failed;
  const view: SignInView = {
    target,
    status: STATUS[attempt.outcome],
    failed: { connectorId, username, problem: attempt.outcome },
  };
  const response = await renderSignInPage(deps, request, view);
  if ("retryAfterSeconds" in attempt) response.headers.set("Retry-After", String(Math.ceil(attempt.retryAfterSeconds)));
  return response;
}
