import { OAuthError } from "../../protocol/oauth-error.ts";
import { verifyPkce } from "../../protocol/pkce.ts";
import { DEVICE_STATUS, POLL_SECONDS } from "../device/device-state.ts";
import type { ProviderContext } from "../provider-deps.ts";
import { unverifiedClaims } from "../signing-keys/jwt.ts";
import type { DeviceToken } from "../storage-model.ts";
import { claimedClientId } from "./client-authentication.ts";

/**
 * A device asks whether somebody has signed in (RFC 8628 §3.4). What was left for it is handed out once, as it is stored: dex may
 * have written it. A code that was used is as good as one that never was.
 *
 * @returns the token answer as JSON.
 * @throws {OAuthError} `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, or in dex's words.
 */
export async function deviceCodeGrant(
  provider: ProviderContext,
  request: Request,
  form: URLSearchParams,
): Promise<string> {
  const deviceCode = form.get("device_code") ?? "";
  if (deviceCode === "") throw new OAuthError("invalid_request", "No device code received");
  const clientId = await claimedClientId(provider, request, form);
  const token = await provider.store.deviceTokens.find(deviceCode);
  if (token === undefined) throw invalid();
  if (token.status === DEVICE_STATUS.denied) throw new OAuthError("access_denied");
  if (provider.clock() >= token.expiry) throw new OAuthError("expired_token");
  if (token.status === DEVICE_STATUS.pending) throw await waiting(provider, token);
  if (token.status !== DEVICE_STATUS.complete || !belongsTo(token, clientId)) throw invalid();
  verifyPkce(token, form.get("code_verifier") ?? "");
  if (!(await provider.store.deviceTokens.remove(token))) throw invalid();
  return token.token;
}

function invalid(): OAuthError {
  return new OAuthError("invalid_request", "Invalid Device code.");
}

/** Note the poll. Who polls too early waits longer from then on. */
async function waiting(provider: ProviderContext, token: DeviceToken): Promise<OAuthError> {
  const now = provider.clock();
  const isEarly = now < token.lastRequest + token.pollInterval;
  const pollInterval = isEarly ? token.pollInterval + POLL_SECONDS : POLL_SECONDS;
  // Where it has changed meanwhile, another poll was noted, or the next one will find it finished.
  await provider.store.deviceTokens.replace(token, { ...token, lastRequest: now, pollInterval });
  return new OAuthError(isEarly ? "slow_down" : "authorization_pending");
}

/** Whose device it is, its record does not say; the token that was issued for it does. Who did not say who asks may have it, as in dex. */
function belongsTo({ token }: DeviceToken, clientId: string | undefined): boolean {
  if (clientId === undefined) return true;
  const answer: unknown = JSON.parse(token);
  const isAnswer = typeof answer === "object" && answer !== null && "access_token" in answer;
  const { azp, aud } = unverifiedClaims(isAnswer ? String(answer.access_token) : "");
  return clientId === (azp ?? aud);
}
