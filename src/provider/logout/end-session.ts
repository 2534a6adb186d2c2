import { redirect } from "../../http/redirect.ts";
import { isForeignPost } from "../../http/same-site.ts";
import { withQuery } from "../../protocol/go-query.ts";
import { encodeSubject } from "../../protocol/subject.ts";
import type { Session } from "../../session/session.ts";
import { readParameters } from "../read-parameters.ts";
import { shownError } from "../authorize/shown-error.ts";
import type { ProviderContext, SharedSession } from "../provider-deps.ts";
import { type VerifiedClaims, verifyJwt } from "../signing-keys/jwt.ts";

/** What a logout request says, checked. */
interface LogoutRequest {
  /** Subject of the hint; absent without one. */
  readonly subject?: string;
  /** Where to go afterwards; registered by the hint's client. */
  readonly target?: string;
}

/** `/logout` (OpenID Connect RP-Initiated Logout 1.0). */
export async function endSession(
  provider: ProviderContext,
  sharedSession: SharedSession,
  request: Request,
): Promise<Response> {
  const parameters = await readParameters(request);
  const logout = await validateLogout(provider, parameters);
  const { session } = await sharedSession.load(request);
  if (session !== undefined && !isConfirmed(request, session, logout)) {
    return provider.pages.signOut(request, {
      action: `${provider.root}/logout`,
      userName: session.identity.username || session.identity.email,
      hidden: Object.fromEntries(
        ["id_token_hint", "post_logout_redirect_uri", "state"].flatMap((name) => {
          const value = parameters.get(name);
          return value === null ? [] : [[name, value]];
        }),
      ),
    });
  }
  const cookies = await sharedSession.end(request);
  if (session !== undefined) provider.log.info("logout", { session: session.id });
  if (logout.target !== undefined) return redirect(302, logout.target, cookies);
  const response = provider.pages.signedOut(request, {});
  for (const cookie of cookies) response.headers.append("Set-Cookie", cookie);
  return response;
}

/** A hint that fits the session, or our own confirmation form. */
function isConfirmed(request: Request, session: Session, { subject }: LogoutRequest): boolean {
  if (request.method === "POST" && !isForeignPost(request)) return true;
  const { identity, connectorId } = session;
  return subject !== undefined && subject === encodeSubject({ userId: identity.userId, connectorId });
}

/** @throws {PublicError} 400 for a hint that is not ours, or an address that the hint's client did not register. */
async function validateLogout(provider: ProviderContext, parameters: URLSearchParams): Promise<LogoutRequest> {
  const hint = parameters.get("id_token_hint") ?? "";
  const uri = parameters.get("post_logout_redirect_uri") ?? "";
  if (hint === "" && uri !== "") throw shownError(400, "post_logout_redirect_uri requires id_token_hint.");
  if (hint === "") return {};
  const claims = await readHint(provider, hint);
  const subject = claims.sub;
  if (uri === "") return { subject };
  await checkTarget(provider, claims["azp"] ?? claims["aud"], uri);
  const state = parameters.get("state");
  return { subject, target: state === null ? uri : withQuery(uri, { state }) };
}

async function checkTarget(provider: ProviderContext, clientId: unknown, uri: string): Promise<void> {
  const client = typeof clientId === "string" ? await provider.store.clients.find(clientId) : undefined;
  if (client === undefined) throw shownError(400, "Invalid client.");
  if (!client.postLogoutRedirectUris.includes(uri)) throw shownError(400, "Unregistered post_logout_redirect_uri.");
}

/** An ID token of ours, however old. An access token is none: every place that it is shown to could sign people out. */
async function readHint(provider: ProviderContext, hint: string): Promise<VerifiedClaims & { readonly sub: string }> {
  const { claims, type } = verifyJwt(await provider.keys.current(), hint) ?? {};
  const sub = claims?.["sub"];
  if (claims?.["iss"] !== provider.configuration.issuer || typeof sub !== "string" || type === "at+jwt") {
    throw shownError(400, "Invalid id_token_hint.");
  }
  return { ...claims, sub };
}
