import { redirect } from "../../http/redirect.ts";
import { encodeSubject } from "../../protocol/subject.ts";
import type { Session } from "../../session/session.ts";
import type { ProviderContext, SharedSession, SignInRequest } from "../provider-deps.ts";
import { verifyJwt } from "../signing-keys/jwt.ts";
import type { AuthRequest } from "../storage-model.ts";
import { finishProviderLogin } from "./finish-provider-login.ts";
import { continuePath } from "./hop.ts";
import { answerTo } from "./respond.ts";
import { RedirectedError } from "./shown-error.ts";

/** A request that wants somebody signed in. */
export interface SharedLogin {
  readonly authRequest: AuthRequest;
  readonly sharedSession: SharedSession;
  /** Only with the client's own request: whom it expects. */
  readonly idTokenHint?: string;
  readonly loginHint?: string;
}

/**
 * Log in with the browser's own session when it is good enough for this request, else send the browser to sign in; it comes back
 * to the same hop.
 *
 * @throws {RedirectedError} `login_required` with `prompt=none` (OpenID Connect Core §3.1.2.1).
 */
export async function sharedLogin(provider: ProviderContext, request: Request, wanted: SharedLogin): Promise<Response> {
  const { authRequest, sharedSession } = wanted;
  const { session, setCookies } = await sharedSession.load(request);
  const returnPath = continuePath(provider, authRequest);
  if (session !== undefined && (await isGoodEnough(provider, session, wanted))) {
    const login = { identity: session.identity, tokens: session.tokens, ...dataOf(session) };
    await finishProviderLogin(provider, authRequest, {
      connectorId: session.connectorId,
      login,
      authTime: session.createdAt,
    });
    return redirect(303, returnPath, setCookies);
  }
  if (authRequest.prompt === "none") {
    throw new RedirectedError(answerTo(authRequest), "login_required", "User not authenticated");
  }
  const options = await signInOptions(provider, session, wanted);
  return redirect(303, sharedSession.signInUrl(returnPath, options), setCookies);
}

function dataOf(session: Session): Pick<Session, "connectorData"> {
  return session.connectorData === undefined ? {} : { connectorData: session.connectorData };
}

async function isGoodEnough(provider: ProviderContext, session: Session, wanted: SharedLogin): Promise<boolean> {
  const { authRequest, idTokenHint } = wanted;
  if (!isFreshEnough(provider, session, authRequest)) return false;
  if (authRequest.connectorId !== "" && authRequest.connectorId !== session.connectorId) return false;
  const client = await provider.store.clients.find(authRequest.clientId);
  const allowed = client?.allowedConnectors ?? [];
  if (allowed.length > 0 && !allowed.includes(session.connectorId)) return false;
  return idTokenHint === undefined || (await subjectOf(provider, idTokenHint)) === subjectOfSession(session);
}

/** `prompt=login` and `select_account` want a sign-in after the request was made, `max_age` one that is young enough. */
function isFreshEnough(provider: ProviderContext, session: Session, { prompt, maxAge, expiry }: AuthRequest): boolean {
  const requestedAt = expiry - provider.configuration.authRequestSeconds;
  const words = prompt.split(" ");
  if ((words.includes("login") || words.includes("select_account")) && session.createdAt < requestedAt) return false;
  // A sign-in that this request led to is young enough, however small the age.
  return maxAge < 0 || session.createdAt >= Math.min(requestedAt, provider.clock() - maxAge);
}

async function signInOptions(
  provider: ProviderContext,
  session: Session | undefined,
  { authRequest, loginHint }: SharedLogin,
): Promise<SignInRequest> {
  const client = await provider.store.clients.find(authRequest.clientId);
  const [only, ...more] =
    authRequest.connectorId === "" ? (client?.allowedConnectors ?? []) : [authRequest.connectorId];
  return {
    ...(only === undefined || more.length > 0 ? {} : { connectorId: only }),
    ...(loginHint === undefined || loginHint === "" ? {} : { loginHint }),
    // Somebody is signed in, and that was not enough: the upstream must ask again.
    ...(session === undefined ? {} : { forceLogin: true }),
  };
}

async function subjectOf(provider: ProviderContext, idToken: string): Promise<unknown> {
  return verifyJwt(await provider.keys.current(), idToken)?.claims["sub"];
}

function subjectOfSession(session: Session): string {
  return encodeSubject({ userId: session.identity.userId, connectorId: session.connectorId });
}
