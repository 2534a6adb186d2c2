import { isFromAnotherSite } from "../../http/same-site.ts";
import type { Session } from "../../session/session.ts";
import { errorPage, plainAnswer, withoutCache } from "./answers.ts";
import { authenticate } from "./authenticate.ts";
import { returnTargetAmong } from "./choose-return-target.ts";
import type { OAuth2ProxyDeps } from "./deps.ts";
import { FormError, readFormValues } from "./form-values.ts";
import { redirectTo } from "./redirect-to.ts";
import type { RequestScope } from "./request-scope.ts";

const ID_TOKEN = "{id_token}";
/** As `rd`: the provider's own, where its discovery names one. The original knows no such thing and takes it for a mistake. */
const END_SESSION = "{end_session_endpoint}";

/**
 * `{prefix}/sign_out`: end the session, tell the backend, go on to the return target. A link on another site only leads to a page that
 * asks first.
 *
 * `rd={end_session_endpoint}` signs out at the provider too (OpenID Connect RP-Initiated Logout 1.0 §2). It sends the browser on to
 * `post_logout_redirect_uri`, if the request names one that is a return target of ours, and it knows it.
 */
export async function signOut(deps: OAuth2ProxyDeps, scope: RequestScope): Promise<Response> {
  let target: string;
  try {
    const form = await readFormValues(scope);
    target = form.get("rd") === END_SESSION ? END_SESSION : returnTargetAmong(deps, scope, form.get("rd"));
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    return withoutCache(await errorPage(deps, scope, { status: 500, cause: error.message }));
  }
  const authentication = await authenticate(deps, scope);
  if (authentication.outcome === "refused") return withoutCache(plainAnswer(scope, 403));
  const session = authentication.outcome === "pass" ? authentication.session : undefined;
  return leave(deps, scope, { session, target });
}

async function leave(
  deps: OAuth2ProxyDeps,
  scope: RequestScope,
  { session, target }: { readonly session: Session | undefined; readonly target: string },
): Promise<Response> {
  if (session !== undefined && isFromAnotherSite(scope.request)) return askFirst(deps, scope, { session, target });
  const idToken = session?.tokens.idToken;
  if (session !== undefined) await tellBackend(deps, scope, idToken ?? "");
  const cleared = await deps.sessions.end(scope.request);
  scope.cookies.splice(0, scope.cookies.length, ...cleared);
  const place = target === END_SESSION ? await endSessionPlace(deps, scope, session) : target;
  return withoutCache(
    redirectTo(scope, 302, session === undefined ? place : place.replaceAll(ID_TOKEN, idToken ?? "")),
  );
}

/** Without a session there is nothing to end there, and without an endpoint nowhere to go. */
async function endSessionPlace(
  { connector, isReturnTarget }: OAuth2ProxyDeps,
  scope: RequestScope,
  session: Session | undefined,
): Promise<string> {
  const wanted = (await readFormValues(scope)).get("post_logout_redirect_uri");
  const afterwards = wanted !== "" && isReturnTarget(wanted) ? wanted : undefined;
  return (session && connector.endSessionUrl?.(session, afterwards)?.href) ?? "/";
}

/** A page that asks whether somebody wants to be signed out. Their session may have been renewed on the way. */
export function askFirst(
  deps: OAuth2ProxyDeps,
  { request, cookies }: RequestScope,
  { session, target }: { readonly session: Session; readonly target: string },
): Response {
  const response = withoutCache(deps.askToSignOut(request, nameOf(session), target));
  for (const cookie of cookies) response.headers.append("Set-Cookie", cookie);
  return response;
}

function nameOf({ identity }: Session): string {
  return identity.preferredUsername || identity.email || identity.userId;
}

/** How long the backend may take. The person is signed out here whatever it says. */
const BACKEND_MILLISECONDS = 5000;

async function tellBackend(deps: OAuth2ProxyDeps, { requestId }: RequestScope, idToken: string): Promise<void> {
  const { backendLogoutUrl } = deps.configuration;
  if (backendLogoutUrl === "") return;
  try {
    const response = await deps.fetch(backendLogoutUrl.replaceAll(ID_TOKEN, encodeURIComponent(idToken)), {
      signal: AbortSignal.timeout(BACKEND_MILLISECONDS),
    });
    await response.body?.cancel();
    if (response.status !== 200 && response.status !== 204) {
      deps.log.warn("the backend did not confirm the sign-out", { requestId, status: response.status });
    }
  } catch (error) {
    deps.log.warn("the backend could not be told of the sign-out", { requestId, cause: String(error) });
  }
}
