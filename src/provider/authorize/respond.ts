import { redirect } from "../../http/redirect.ts";
import { withQuery } from "../../protocol/go-query.ts";
import { randomId } from "../../protocol/random-id.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { answerParameters, shownError } from "./shown-error.ts";

/** A code can be redeemed for so long. */
const CODE_SECONDS = 30 * 60;
/** RFC 6749 §4.1.2 recommends ten minutes at most; dex gives thirty. */
const NATIVE_CODE_SECONDS = 60;

/** Answer the client with a code. The request is used up, so a second try finds nothing. */
export async function respond(provider: ProviderContext, request: AuthRequest): Promise<Response> {
  if (provider.clock() >= request.expiry) throw shownError(400, "User session has expired.", "login_expired");
  if (!(await provider.store.authRequests.remove(request)))
    throw shownError(400, "User session error.", "login_expired");
  const { clientId, scopes, nonce, redirectUri, claims, connectorId, connectorData, authTime } = request;
  const { codeChallenge, codeChallengeMethod } = request;
  const code = randomId();
  await provider.store.authCodes.create({
    id: code,
    clientId,
    scopes,
    nonce,
    redirectUri,
    claims,
    connectorId,
    ...(connectorData === undefined ? {} : { connectorData }),
    expiry: provider.clock() + (provider.dialect === "native" ? NATIVE_CODE_SECONDS : CODE_SECONDS),
    authTime,
    codeChallenge,
    codeChallengeMethod,
  });
  return redirect(303, withQuery(redirectUri, { code, ...answerParameters(provider, request.state) }));
}
