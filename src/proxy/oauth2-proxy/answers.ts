import { returnTargetAmong } from "./choose-return-target.ts";
import type { OAuth2ProxyDeps } from "./deps.ts";
import { readFormValues } from "./form-values.ts";
import type { RequestScope } from "./request-scope.ts";

/** A bare status as the original writes it. */
export function plainAnswer({ cookies }: RequestScope, status: 401 | 403 | 404 | 500 | 503): Response {
  return new Response(PLAIN_TEXT[status], { status, headers: withCookies(PLAIN, cookies) });
}

/** Headers with `Set-Cookie` besides: those themselves where there is nothing to add, because an answer copies them anyway. */
export function withCookies(headers: Headers, cookies: readonly string[]): Headers {
  if (cookies.length === 0) return headers;
  const copy = new Headers(headers);
  for (const cookie of cookies) copy.append("Set-Cookie", cookie);
  return copy;
}

const PLAIN = new Headers({ "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" });

const PLAIN_TEXT = {
  401: "Unauthorized\n",
  403: "Forbidden\n",
  404: "Not Found\n",
  500: "Internal Server Error\n",
  503: "Service Unavailable\n",
} as const;

/** `{}`, for a program that cannot do anything with a page. */
export function jsonAnswer({ cookies }: RequestScope, status: 401 | 403): Response {
  const headers = new Headers({ "Content-Type": "application/json" });
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  return new Response("{}", { status, headers });
}

export interface Failure {
  readonly status: number;
  /** What people are told; absent = what the status means. */
  readonly message?: string;
  /** What went wrong inside; shown only where the configuration says so. */
  readonly cause?: string;
}

/** The error page, with a way back to where the person came from. */
export async function errorPage(deps: OAuth2ProxyDeps, scope: RequestScope, failure: Failure): Promise<Response> {
  const { request, requestId, cookies } = scope;
  const redirect = await backTarget(deps, scope);
  return deps.pages.error(request, { ...failure, redirect, requestId, setCookies: cookies });
}

/** The sign-in page. The session's cookies are deleted: whoever sees it is signed out. */
export async function signInPage(
  deps: OAuth2ProxyDeps,
  scope: RequestScope,
  { status, problem }: { readonly status: number; readonly problem?: string },
): Promise<Response> {
  const cleared = await deps.sessions.end(scope.request);
  scope.cookies.push(...cleared);
  const redirect = await backTarget(deps, scope);
  const model = { status, redirect, setCookies: scope.cookies, ...(problem === undefined ? {} : { problem }) };
  return withoutCache(deps.pages.signIn(scope.request, model));
}

/** A malformed request has nowhere to go back to; the sign-in page itself is no place to come back to. */
async function backTarget(deps: OAuth2ProxyDeps, scope: RequestScope): Promise<string> {
  const rd = await readFormValues(scope).then(
    (form) => form.get("rd"),
    () => "",
  );
  const target = returnTargetAmong(deps, scope, rd);
  return target === `${deps.pathPrefix}/sign_in` ? "/" : target;
}

/** Nothing of our own is kept by a browser or a gateway. */
export function withoutCache(response: Response): Response {
  for (const [name, value] of NO_CACHE) response.headers.set(name, value);
  return response;
}

const NO_CACHE = [
  ["Cache-Control", "no-cache, no-store, must-revalidate, max-age=0"],
  ["Expires", "Thu, 01 Jan 1970 00:00:00 UTC"],
  ["X-Accel-Expires", "0"],
] as const;
