import { randomBytes } from "node:crypto";

import { OUT_OF_BAND, type RedirectUri } from "../../protocol/redirect-uri.ts";
import { encodeSubject } from "../../protocol/subject.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { isAllowedConnector } from "../usable-connector.ts";
import { createTokenIds, secondsLeft, signAccessToken, signIdToken } from "../token/issue-tokens.ts";
import type { TokenSubject } from "../token/token-claims.ts";
import { type AnswerTo, answerClient, responseModeOf } from "./client-answer.ts";
import { extrasOf } from "../request-extras.ts";
import { RedirectedError, shownError } from "./shown-error.ts";
import { validateClient } from "./validate-client.ts";

/** A code can be redeemed for so long. */
const CODE_SECONDS = 30 * 60;
/** RFC 6749 §4.1.2 recommends ten minutes at most; dex gives thirty. */
const NATIVE_CODE_SECONDS = 60;

/** Answer the client with what it asked for. The request is used up, so a second try finds nothing. */
export async function respond(
  provider: ProviderContext,
  request: Request,
  authRequest: AuthRequest,
): Promise<Response> {
  if (provider.clock() >= authRequest.expiry) throw shownError(400, "User session has expired.", "login_expired");
  await requireClient(provider, authRequest);
  if (!(await provider.store.authRequests.remove(authRequest))) {
    throw shownError(400, "User session error.", "login_expired");
  }
  requireExpectedPerson(authRequest);
  const { responseTypes, redirectUri } = authRequest;
  const code = responseTypes.includes("code") ? await createCode(provider, authRequest) : undefined;
  if (redirectUri === OUT_OF_BAND) return provider.pages.outOfBand(request, { code: code ?? "" });
  const tokens = await frontChannelTokens(provider, authRequest, code);
  return answerClient(provider, request, answerTo(authRequest), { ...(code === undefined ? {} : { code }), ...tokens });
}

/** A request may wait for a day, and its client be removed or restricted meanwhile: tokens may follow at once, unasked again. */
async function requireClient(provider: ProviderContext, request: AuthRequest): Promise<void> {
  const sent = new URLSearchParams({ client_id: request.clientId, redirect_uri: request.redirectUri });
  const { client } = await validateClient(provider, sent);
  if (!isAllowedConnector(client, request.connectorId)) throw shownError(403, "Connector not allowed for this client.");
}

/** Where a stored request is answered. */
export function answerTo(authRequest: AuthRequest): AnswerTo {
  const { responseTypes, scopes, state } = authRequest;
  // It was checked against the registered ones before the request was stored.
  const redirectUri = authRequest.redirectUri as RedirectUri;
  return { redirectUri, state, responseMode: extrasOf(scopes).responseMode ?? responseModeOf("", responseTypes) };
}

/** A client may want one person and nobody else (OpenID Connect Core §5.5.1). */
function requireExpectedPerson(authRequest: AuthRequest): void {
  const { scopes, claims, connectorId } = authRequest;
  const expected = extrasOf(scopes).claims?.subject;
  if (expected === undefined || expected === encodeSubject({ userId: claims.userId, connectorId })) return;
  throw new RedirectedError(answerTo(authRequest), "login_required", "Somebody else signed in.");
}

async function createCode(provider: ProviderContext, authRequest: AuthRequest): Promise<string> {
  const { clientId, scopes, nonce, redirectUri, claims, connectorId, connectorData, authTime } = authRequest;
  const { codeChallenge, codeChallengeMethod } = authRequest;
  const code = randomBytes(32).toString("base64url");
  await provider.store.authCodes.create({
    id: code,
    clientId,
    scopes,
    nonce,
    redirectUri,
    claims,
    connectorId,
    ...(connectorData === undefined ? {} : { connectorData }),
    expiry: provider.clock() + (isNative(provider) ? NATIVE_CODE_SECONDS : CODE_SECONDS),
    authTime,
    codeChallenge,
    codeChallengeMethod,
  });
  return code;
}

/** Tokens by way of the browser: the implicit and hybrid flows (OpenID Connect Core §3.2.2.5, §3.3.2.5). */
async function frontChannelTokens(
  provider: ProviderContext,
  authRequest: AuthRequest,
  code: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  const { responseTypes } = authRequest;
  const subject: TokenSubject = authRequest;
  const ids = createTokenIds();
  const accessToken = responseTypes.includes("token")
    ? await signAccessToken(provider, subject, ids.access)
    : undefined;
  const bound = { ...(accessToken === undefined ? {} : { accessToken }), ...(code === undefined ? {} : { code }) };
  const idToken = responseTypes.includes("id_token")
    ? await signIdToken(provider, { subject, id: ids.id, ...bound })
    : undefined;
  return {
    ...(accessToken === undefined ? {} : { access_token: accessToken, token_type: "bearer" }),
    // dex leaves it out where a code comes too.
    ...(accessToken === undefined || code !== undefined ? {} : { expires_in: String(secondsLeft(provider)) }),
    ...(idToken === undefined ? {} : { id_token: idToken }),
  };
}
