import { queryOf } from "../http/request-target.ts";
import type { Route } from "../http/handler.ts";
import { finishLogin } from "./finish-login.ts";
import type { LoginDeps } from "./login-deps.ts";
import { passwordLogin } from "./password-login.ts";
import { returnTargetOf } from "./return-target-of.ts";
import { renderSignInPage } from "./sign-in-page.ts";
import { signOut, signedOut } from "./sign-out.ts";
import { startLogin } from "./start-login.ts";

/** The endpoints of signing in and out, below the path prefix. */
export function createLoginRoutes(deps: LoginDeps): readonly Route[] {
  const { pathPrefix } = deps.settings;
  return [
    { path: `${pathPrefix}/start`, methods: ["GET"], handle: (request) => startLogin(deps, request) },
    { path: `${pathPrefix}/callback`, methods: ["GET"], handle: (request) => finishLogin(deps, request) },
    {
      path: `${pathPrefix}/sign_in`,
      methods: ["GET", "POST"],
      handle: (request, peer) =>
        request.method === "POST" ? passwordLogin(deps, request, peer) : showSignIn(deps, request),
    },
    { path: `${pathPrefix}/sign_out`, methods: ["GET", "POST"], handle: (request) => signOut(deps, request) },
    { path: `${pathPrefix}/signed_out`, methods: ["GET"], handle: (request) => signedOut(deps, request) },
  ];
}

/** What {@link signInUrl} may add to the start of a login. */
export interface SignInOptions {
  readonly connectorId?: string;
  readonly loginHint?: string;
  readonly forceLogin?: boolean;
}

/** Where to send a stranger, so that they come back to `target`: an absolute URL. */
export function signInUrl(
  settings: { readonly publicUrl: string; readonly pathPrefix: string },
  target: string,
  options: SignInOptions = {},
): string {
  let url = `${settings.publicUrl}${settings.pathPrefix}/start?rd=${encodeURIComponent(target)}`;
  if (options.connectorId !== undefined) url += `&connector=${encodeURIComponent(options.connectorId)}`;
  if (options.loginHint !== undefined) url += `&login_hint=${encodeURIComponent(options.loginHint)}`;
  if (options.forceLogin === true) url += "&prompt=login";
  return url;
}

function showSignIn(deps: LoginDeps, request: Request): Promise<Response> {
  const rd = new URLSearchParams(queryOf(request)).get("rd");
  return renderSignInPage(deps, request, { target: returnTargetOf(deps.settings, rd), status: 200 });
}
