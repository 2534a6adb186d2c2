import { browserHostOf } from "../../http/browser-host.ts";
import { errorPage, withoutCache } from "./answers.ts";
import { chooseReturnTarget } from "./choose-return-target.ts";
import type { OAuth2ProxyDeps } from "./deps.ts";
import { FormError } from "./form-values.ts";
import type { LoginParametersFor } from "./login-parameters.ts";
import { redirectTo } from "./redirect-to.ts";
import { type RequestScope, browserSchemeOf } from "./request-scope.ts";

export interface StartLoginDeps extends OAuth2ProxyDeps {
  readonly loginParameters: LoginParametersFor;
}

/**
 * Send the browser to the provider.
 *
 * @param asked the query of `{prefix}/start`, which may choose parameters; absent where the person did not start the login themselves.
 * @throws {ConnectorError} `unreachable` when the provider's metadata is not known yet.
 */
export async function startLogin(
  deps: StartLoginDeps,
  scope: RequestScope,
  asked?: URLSearchParams,
): Promise<Response> {
  let redirect: string;
  try {
    redirect = await chooseReturnTarget(deps, scope);
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    return withoutCache(await errorPage(deps, scope, { status: 400, cause: error.message }));
  }
  const { connector, logins, pkce } = deps;
  const { setCookies, ...login } = logins.begin(scope.request, { redirect, pkce });
  const url = await connector.authorizationUrl({
    ...login,
    connectorId: connector.id,
    redirectUri: redirectUriOf(deps, scope),
    parameters: deps.loginParameters(asked),
  });
  scope.cookies.push(...setCookies);
  return withoutCache(redirectTo(scope, 302, url.href));
}

/** The callback: as configured; what it lacks comes from the request. */
export function redirectUriOf({ configuration, secureCookies }: OAuth2ProxyDeps, scope: RequestScope): string {
  const { redirectUrl, relative } = configuration.callback;
  const address = redirectUrl === "" ? `${configuration.pathPrefix}/callback` : redirectUrl;
  if (relative || /^[a-z][a-z\d+.-]*:\/\/[^/]/i.test(address)) return address;
  const path = address.startsWith("/") ? address : `/${address}`;
  const scheme = secureCookies ? "https" : browserSchemeOf(scope);
  return `${scheme}://${browserHostOf(scope.request)}${path}`;
}
