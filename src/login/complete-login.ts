import type { Connector } from "../connector/connector.ts";
import { requestIdOf } from "../http/request-id.ts";
import { redirect } from "../http/redirect.ts";
import type { Login } from "../protocol/identity.ts";
import { rememberConnector } from "./last-connector.ts";
import type { LoginDeps } from "./login-deps.ts";
import { loginFailurePage } from "./login-failure.ts";

/** A login that its connector vouched for. */
export interface VerifiedLogin {
  readonly connector: Connector;
  readonly login: Login;
  readonly returnTarget: string;
  /** Cookies to clear along the way. */
  readonly setCookies: readonly string[];
}

/** Admission, then a session under a fresh id, then on to where the person wanted to go. */
export async function completeLogin(deps: LoginDeps, request: Request, verified: VerifiedLogin): Promise<Response> {
  const { connector, login, returnTarget } = verified;
  const fields = { requestId: requestIdOf(request), connector: connector.id, user: login.identity.userId };
  if (!deps.admits(login.identity)) {
    deps.metrics.login(connector.id, "denied");
    deps.log.warn("login denied: not admitted", { ...fields, email: login.identity.email });
    return loginFailurePage(deps, request, {
      status: 403,
      code: "login_denied",
      message: "You are signed in there, but your account may not enter here.",
      returnTarget,
      setCookies: verified.setCookies,
    });
  }
  const sessionCookies = await deps.sessions.begin(request, connector.id, login);
  deps.metrics.login(connector.id, "success");
  deps.log.info("login", fields);
  const cookies = [...sessionCookies, ...verified.setCookies, rememberConnector(deps.settings, connector.id)];
  return redirect(302, returnTarget, cookies);
}
