import { browserHostOf } from "../../http/browser-host.ts";
import { redirectTo } from "./redirect-to.ts";
import { ownUri, type RequestScope, browserSchemeOf } from "./request-scope.ts";

/** Send a plain request to https; undefined when it came by it. The port is replaced only where the host names one. */
export function redirectToHttps(scope: RequestScope, port: number): Response | undefined {
  if (browserSchemeOf(scope) === "https") return undefined;
  const host = browserHostOf(scope.request).replace(/:\d+$/, `:${port}`);
  return redirectTo(scope, 308, `https://${host}${ownUri(scope)}`);
}
