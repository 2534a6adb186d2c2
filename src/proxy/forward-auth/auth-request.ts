import { isNavigation } from "../navigation.ts";
import { parseTargetUrl, targetUrl } from "../target.ts";
import { type AllowHeaders, type Dialect, type SignInUrl, withOneCookie } from "./dialect.ts";

/**
 * nginx's `auth_request`, and ingress-nginx's annotations: the target comes in `X-Original-URL` and `X-Original-Method`.
 *
 * nginx understands 2xx, 401 and 403 and makes a 500 of everything else, so this never redirects. When a page was asked
 * for, the 401 carries the sign-in URL in `Location`, ready-escaped (nginx itself cannot escape a variable), for
 * `auth_request_set` and `error_page`; without it nginx can leave a program its plain 401. At most one cookie. `X-Forwarded-*` is the client's own here, since nginx passes it through, and is not
 * looked at.
 *
 * @param options.allowStatus 200, or 202 where oauth2-proxy's users expect it.
 */
export function createAuthRequestDialect(deps: {
  readonly allowHeaders: AllowHeaders;
  readonly signInUrl: SignInUrl;
  readonly allowStatus: 200 | 202;
}): Dialect {
  const { allowHeaders, signInUrl, allowStatus } = deps;
  return {
    name: "auth-request",
    readTarget: (request, isTrusted) => {
      if (!isTrusted()) return undefined;
      return parseTargetUrl(request.headers.get("x-original-method"), request.headers.get("x-original-url"));
    },
    render: (decision, context) => {
      if (decision.outcome === "allow") {
        return new Response(null, { status: allowStatus, headers: allowHeaders(decision, context) });
      }
      const { request, target, setCookies } = context;
      const isStranger = decision.outcome === "sign-in";
      const isPage = isStranger && target !== undefined && isNavigation(request.headers, target.method);
      const denied = isPage ? new Headers({ ...NO_STORE, Location: signInUrl(targetUrl(target)) }) : DENIED_HEADERS;
      return new Response(null, { status: isStranger ? 401 : 403, headers: withOneCookie(denied, setCookies) });
    },
  };
}

const NO_STORE = { "Cache-Control": "no-store" };
const DENIED_HEADERS = new Headers(NO_STORE);
