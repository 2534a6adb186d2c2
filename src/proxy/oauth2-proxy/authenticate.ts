import { ConnectorError } from "../../connector/connector-error.ts";
import type { LoadedSession, Session, SessionKeeper } from "../../session/session.ts";
import { type Admission, admitsIdentity } from "./admission.ts";
import type { AuthEvents } from "./auth-events.ts";
import { type HeaderLogin, type HeaderLoginDeps, signInByHeader } from "./authorization-header.ts";
import { isHtpasswdLogin } from "./htpasswd.ts";
import type { RequestScope } from "./request-scope.ts";
import type { SkipsAuth } from "./skip-auth.ts";

/**
 * Who sends a request, and may they pass?
 * - `pass`: with a session or, where none is needed, perhaps without
 * - `sign-in`: nobody is signed in
 * - `denied`: somebody is who may not enter; the session has ended
 * - `refused`: the `Authorization` header proves nothing, and must (`--bearer-token-login-fallback=false`)
 */
export type Authentication =
  | { readonly outcome: "pass"; readonly session?: Session }
  | { readonly outcome: "sign-in" | "denied" | "refused" };

export interface AuthenticateDeps {
  readonly sessions: SessionKeeper;
  readonly skipsAuth: SkipsAuth;
  readonly admission: Admission;
  /** Absent: neither bearer tokens nor passwords sign in by header. */
  readonly headerLogin?: HeaderLoginDeps;
  readonly bearerTokenLoginFallback: boolean;
  /** For the throttle of passwords; empty when unknown. */
  readonly clientAddress: (scope: RequestScope) => string;
  readonly events: AuthEvents;
}

/**
 * Load the session of a request and judge it. A header that signs in wins over the cookie. Synchronous when the session's cache answers.
 *
 * @throws {StoreError} `unreachable` when the session cannot be loaded: nobody is logged out.
 */
export function authenticate(deps: AuthenticateDeps, scope: RequestScope): Authentication | Promise<Authentication> {
  const header = deps.headerLogin === undefined ? null : scope.request.headers.get("authorization");
  if (header !== null && header !== "") return byHeader(deps, scope, header);
  return byCookie(deps, scope);
}

async function byHeader(deps: AuthenticateDeps, scope: RequestScope, header: string): Promise<Authentication> {
  const login = await loginByHeader(deps, scope, header);
  if ("session" in login) return judge(deps, scope, { session: login.session, setCookies: [] });
  if (login.outcome === "refused" && !deps.bearerTokenLoginFallback) return { outcome: "refused" };
  return byCookie(deps, scope);
}

/**
 * Where nobody has to sign in, the header may well be meant for the application: then whoever has tried too often is nobody, not refused.
 */
async function loginByHeader(deps: AuthenticateDeps, scope: RequestScope, header: string): Promise<HeaderLogin> {
  if (deps.headerLogin === undefined) return { outcome: "none" };
  const signingIn = signInByHeader(deps.headerLogin, header, {
    address: deps.clientAddress(scope),
    triedPassword: (user, isRight) => reportPassword(deps, scope, { user, isRight }),
  });
  return signingIn.catch((error: unknown): HeaderLogin => {
    if (error instanceof ConnectorError && deps.skipsAuth(scope)) return { outcome: "none" };
    throw error;
  });
}

function reportPassword(
  { events }: AuthenticateDeps,
  scope: RequestScope,
  { user, isRight }: { readonly user: string; readonly isRight: boolean },
): void {
  const message = isRight
    ? "Authenticated via basic auth and HTpasswd File"
    : "Invalid authentication via basic auth: not in Htpasswd File";
  events(scope, { status: isRight ? "AuthSuccess" : "AuthFailure", user, message });
}

function byCookie(deps: AuthenticateDeps, scope: RequestScope): Authentication | Promise<Authentication> {
  const loaded = deps.sessions.load(scope.request);
  return loaded instanceof Promise ? loaded.then((later) => judge(deps, scope, later)) : judge(deps, scope, loaded);
}

function judge(
  deps: AuthenticateDeps,
  scope: RequestScope,
  { session, setCookies }: LoadedSession,
): Authentication | Promise<Authentication> {
  if (setCookies.length > 0) scope.cookies.push(...setCookies);
  if (session !== undefined) scope.session = session;
  if (session !== undefined && admits(deps, session)) return { outcome: "pass", session };
  // Whoever may not enter is a stranger where everybody may: an application takes who is named to it for somebody who may.
  if (deps.skipsAuth(scope)) return { outcome: "pass" };
  return session === undefined ? { outcome: "sign-in" } : deny(deps, scope, session);
}

/** Whoever came by the password file goes when the file has them no more. */
function admits({ admission, headerLogin }: AuthenticateDeps, session: Session): boolean {
  const { identity } = session;
  if (isHtpasswdLogin(session) && headerLogin?.passwords?.has(identity.userId) !== true) return false;
  return admitsIdentity(admission, identity);
}

/** What the session's cookies were set to on the way is not sent any more. */
async function deny(
  { sessions, admission, events }: AuthenticateDeps,
  scope: RequestScope,
  { identity }: Session,
): Promise<Authentication> {
  const cause = identity.email === "" || admission.admitsEmail(identity.email) ? "unauthorized" : "invalid email";
  const message = `Invalid authorization via session (${cause}): removing session`;
  events(scope, { status: "AuthFailure", user: identity.email, message });
  const cookies = await sessions.end(scope.request);
  scope.cookies.splice(0, scope.cookies.length, ...cookies);
  return { outcome: "denied" };
}
