import type { Connector, RedirectConnector } from "../connector/connector.ts";
import { ConnectorError } from "../connector/connector-error.ts";
import { queryOf } from "../http/request-target.ts";
import { redirect } from "../http/redirect.ts";
import type { ReturnTarget } from "../protocol/return-target.ts";
import type { LoginDeps } from "./login-deps.ts";
import { failureOf, loginFailurePage } from "./login-failure.ts";
import { returnTargetOf } from "./return-target-of.ts";
import { renderSignInPage } from "./sign-in-page.ts";

/**
 * `GET {prefix}/start?rd=…&connector=…`: begin signing in. Goes straight to the upstream when it is clear which one,
 * else shows the sign-in page.
 */
export async function startLogin(deps: LoginDeps, request: Request): Promise<Response> {
  const query = new URLSearchParams(queryOf(request));
  const target = returnTargetOf(deps.settings, query.get("rd"));
  const connector = chooseConnector(deps, query.get("connector"));
  if (connector?.kind !== "redirect") return renderSignInPage(deps, request, { target, status: 200 });
  return startAtUpstream(deps, request, { connector, target, query });
}

/** The one that was asked for, or the only one there is. */
function chooseConnector(deps: LoginDeps, id: string | null): Connector | undefined {
  if (id !== null) return deps.connectors.find(id);
  const all = deps.connectors.list();
  return all.length === 1 ? all[0] : undefined;
}

interface UpstreamStart {
  readonly connector: RedirectConnector;
  readonly target: ReturnTarget;
  readonly query: URLSearchParams;
}

async function startAtUpstream(deps: LoginDeps, request: Request, start: UpstreamStart): Promise<Response> {
  const { connector, target, query } = start;
  const loginHint = query.get("login_hint");
  const { transaction, setCookies } = deps.transactions.begin(request, {
    connectorId: connector.id,
    redirectUri: deps.settings.callbackUrl,
    returnTarget: target,
    ...(loginHint === null ? {} : { loginHint }),
    ...(query.get("prompt") === "login" ? { forceLogin: true } : {}),
  });
  try {
    const url = await connector.authorizationUrl(transaction);
    return redirect(302, url.href, setCookies);
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    deps.metrics.login(connector.id, "error");
    deps.log.warn("login cannot start", { connector: connector.id, reason: connector.status().reason });
    return loginFailurePage(deps, request, failureOf(error, target));
  }
}
