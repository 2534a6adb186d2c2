import { ConnectorError, InvalidLoginError, NotAdmittedError } from "../../connector/connector-error.ts";
import { describeCause } from "../../http/error-response.ts";
import type { Login } from "../../protocol/identity.ts";
import { errorPage, type Failure, withoutCache } from "./answers.ts";
import { authenticate } from "./authenticate.ts";
import type { OAuth2ProxyDeps } from "./deps.ts";
import { FormError, type FormValues, readFormValues } from "./form-values.ts";
import { redirectTo } from "./redirect-to.ts";
import type { RequestScope } from "./request-scope.ts";
import { redirectUriOf } from "./start-login.ts";

/**
 * `{prefix}/callback`: the browser comes back from the provider.
 *
 * The login that `state` belongs to is looked up before the code is redeemed (RFC 6749 §10.12); the original does it the other way
 * round. Then: identity, is it still good, admission, a session under a fresh id, and on to the return target, which is judged again
 * because the provider handed it back.
 */
export async function finishLogin(deps: OAuth2ProxyDeps, scope: RequestScope): Promise<Response> {
  const result = await attempt(deps, scope);
  return withoutCache(
    typeof result === "string" ? redirectTo(scope, 302, result) : await errorPage(deps, scope, result),
  );
}

/** Anybody may write a megabyte of it into a link, and it is shown. */
const MAX_ERROR_LENGTH = 4096;

/** Where to go, or why not. */
async function attempt(deps: OAuth2ProxyDeps, scope: RequestScope): Promise<string | Failure> {
  let form: FormValues;
  try {
    form = await readFormValues(scope);
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    return { status: 500, cause: error.message };
  }
  const upstreamError = form.get("error").slice(0, MAX_ERROR_LENGTH);
  if (upstreamError !== "") {
    deps.log.warn("login refused by the provider", { requestId: scope.requestId, error: upstreamError.slice(0, 200) });
    // Whatever comes of it, this login is over. The cookie stays where it is, as in the original.
    deps.logins.finish(scope.request, form.get("state"));
    const message = `Login Failed: The upstream identity provider returned an error: ${upstreamError}`;
    return { status: 403, message, cause: message };
  }
  const { outcome, pending, setCookies, redirect = "/", reopen } = deps.logins.finish(scope.request, form.get("state"));
  if (outcome === "malformed") return { status: 500, cause: "invalid length" };
  if (pending === undefined) {
    scope.cookies.push(...setCookies);
    return (await isSignedIn(deps, scope)) ? checked(deps, redirect) : unknownLogin(deps, scope);
  }
  const login = await redeem(deps, scope, { form, pending });
  const isFailed = "status" in login;
  // As the original: after a code that could not be redeemed, whoever loads the page again may have more luck.
  if (isFailed && login.status === 500) reopen?.();
  else scope.cookies.push(...setCookies);
  return isFailed ? login : enter(deps, scope, { login, redirect: pending.redirect });
}

/**
 * Did another tab finish its login while this one was on its way? Then the person has what they wanted. Asked only for what browsers
 * say is a person's navigation.
 */
async function isSignedIn(deps: OAuth2ProxyDeps, scope: RequestScope): Promise<boolean> {
  if (scope.request.headers.get("sec-fetch-mode") !== "navigate") return false;
  const authentication = await authenticate(deps, scope);
  return authentication.outcome === "pass" && authentication.session !== undefined;
}

function checked({ isReturnTarget }: OAuth2ProxyDeps, redirect: string): string {
  return isReturnTarget(redirect) ? redirect : "/";
}

function unknownLogin(deps: OAuth2ProxyDeps, scope: RequestScope): Failure {
  deps.events(scope, {
    status: "AuthFailure",
    user: "",
    message: "Invalid authentication via OAuth2: unable to obtain CSRF cookie",
  });
  return {
    status: 403,
    message: "Login Failed: Unable to find a valid CSRF token. Please try again.",
    cause: "no CSRF cookie of this login came with the request",
  };
}

type Pending = NonNullable<ReturnType<OAuth2ProxyDeps["logins"]["finish"]>["pending"]>;

async function redeem(
  deps: OAuth2ProxyDeps,
  scope: RequestScope,
  { form, pending }: { readonly form: FormValues; readonly pending: Pending },
): Promise<Login | Failure> {
  if (form.get("code") === "") return { status: 500, cause: "missing code" };
  const names = ["code", "state", "iss"].filter((name) => form.get(name) !== "");
  const callback = new URLSearchParams(names.map((name) => [name, form.get(name)]));
  const { nonce, nonceSecret, codeVerifier } = pending;
  try {
    const login = await deps.connector.redeem(callback, {
      connectorId: deps.connector.id,
      state: form.get("state"),
      nonce,
      codeVerifier,
      redirectUri: redirectUriOf(deps, scope),
    });
    return { ...login, nonceSecret };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const cause = describeCause(error) ?? "";
    deps.log.warn("login failed", { requestId: scope.requestId, reason: error.reason, cause });
    return { status: isRefusal(error) ? 403 : 500, cause };
  }
}

/** Where the provider's answer is good and its person may not enter, or it is one to another login. */
function isRefusal(error: ConnectorError): boolean {
  return error instanceof NotAdmittedError || error instanceof InvalidLoginError;
}

async function enter(
  deps: OAuth2ProxyDeps,
  scope: RequestScope,
  { login, redirect }: { readonly login: Login; readonly redirect: string },
): Promise<string | Failure> {
  const { email, groups, userId } = login.identity;
  const user = email === "" ? userId : email;
  if (!(await isStillGood(deps, login))) {
    deps.events(scope, { status: "AuthFailure", user, message: "Session validation failed", login });
    return { status: 403, cause: "Session validation failed" };
  }
  if (!deps.admission.admitsEmail(email) || !deps.admission.admitsGroups(groups)) {
    deps.events(scope, { status: "AuthFailure", user, message: "Invalid authentication via OAuth2: unauthorized" });
    return { status: 403, cause: "Invalid session: unauthorized" };
  }
  scope.cookies.unshift(...(await deps.sessions.begin(scope.request, deps.connector.id, login)));
  deps.events(scope, { status: "AuthSuccess", user, message: "Authenticated via OAuth2", login });
  return checked(deps, redirect);
}

/** Nobody comes in whose token could not be checked. */
async function isStillGood({ connector }: OAuth2ProxyDeps, login: Login): Promise<boolean> {
  if (connector.validate === undefined) return true;
  return connector.validate(login).catch((error: unknown) => {
    if (!(error instanceof ConnectorError)) throw error;
    return false;
  });
}
