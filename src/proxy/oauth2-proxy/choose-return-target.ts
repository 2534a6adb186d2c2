import { browserHostOf } from "../../http/browser-host.ts";
import { readFormValues } from "./form-values.ts";
import { ownUri, type RequestScope, browserUriOf } from "./request-scope.ts";
import type { IsReturnTarget } from "./return-target-rules.ts";

export interface ReturnTargetDeps {
  readonly isReturnTarget: IsReturnTarget;
  readonly pathPrefix: string;
}

/**
 * Where the browser goes afterwards: the first of `rd`, `X-Auth-Request-Redirect`, the forwarded address with and without its host,
 * and the request's own that is a harmless return target; else `/`. Our own endpoints are none: they would go round in circles.
 *
 * @throws {FormError} when the query is malformed.
 */
export async function chooseReturnTarget(deps: ReturnTargetDeps, scope: RequestScope): Promise<string> {
  const form = await readFormValues(scope);
  return returnTargetAmong(deps, scope, form.get("rd"));
}

/** {@link chooseReturnTarget} where the form has been read. */
export function returnTargetAmong(deps: ReturnTargetDeps, scope: RequestScope, rd: string): string {
  const candidates = [
    rd,
    gatewaysWord(deps, scope),
    forwardedAddress(deps, scope),
    unlessOwnEndpoint(deps, browserUriOf(scope)),
    unlessOwnEndpoint(deps, ownUri(scope)),
  ];
  return candidates.find((candidate) => candidate !== "" && deps.isReturnTarget(candidate)) ?? "/";
}

/**
 * `X-Auth-Request-Redirect`. The original's own guide has nginx send the address of every request with it, those to our endpoints
 * included: signing out would lead to signing out.
 */
function gatewaysWord(deps: ReturnTargetDeps, { request }: RequestScope): string {
  const said = request.headers.get("x-auth-request-redirect") ?? "";
  return isOwnEndpoint(deps, said.replace(/^https?:\/\/[^/]*/i, "")) ? "" : said;
}

/** Where a trusted hop says that the browser is, when that is another host than ours. */
function forwardedAddress(deps: ReturnTargetDeps, scope: RequestScope): string {
  const host = browserHostOf(scope.request);
  if (!scope.isForwarded || host === scope.request.headers.get("host")) return "";
  const proto = scope.request.headers.get("x-forwarded-proto") ?? "";
  const uri = browserUriOf(scope);
  return `${proto}://${host}${unlessOwnEndpoint(deps, uri)}`;
}

function unlessOwnEndpoint(deps: ReturnTargetDeps, uri: string): string {
  return isOwnEndpoint(deps, uri) ? "/" : uri;
}

function isOwnEndpoint({ pathPrefix }: ReturnTargetDeps, uri: string): boolean {
  return uri.startsWith(`${pathPrefix}/`);
}
