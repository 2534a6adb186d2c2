import { constantTimeEquals } from "../../crypto/equals.ts";
import { goJson } from "../../protocol/go-json.ts";
import { isDeviceCallback, matchRedirectUri } from "../../protocol/redirect-uri.ts";
import { readParameters } from "../authorize/read-parameters.ts";
import { shownError } from "../authorize/shown-error.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { AuthCode, Client } from "../storage-model.ts";
import { authorizationCodeGrant } from "../token/authorization-code-grant.ts";
import type { TokenAnswer } from "../token/issue-tokens.ts";
import { usableConnector } from "../usable-connector.ts";
import { DEVICE_CODE_GRANT, DEVICE_STATUS, type WaitingDevice, finishDevice } from "./device-state.ts";
import { readUserCode } from "./user-code.ts";
import { type Caller, codeVerifierOf, guessDevice } from "./verify-user-code.ts";

/** `GET /device/callback`: the browser comes back from signing in for a device. The tokens are left for its next poll. */
export async function deviceCallback(provider: ProviderContext, caller: Caller): Promise<Response> {
  const { request } = caller;
  if (request.method !== "GET") throw shownError(400, "Method not allowed.");
  const parameters = await readParameters(request);
  const userCode = readUserCode(parameters.get("state") ?? "");
  if (userCode === "") throw shownError(400, "Request was missing parameters");
  const error = parameters.get("error") ?? "";
  if (error !== "") return refuse(provider, caller, userCode, error);
  const codeId = parameters.get("code") ?? "";
  if (codeId === "") throw shownError(400, "Request was missing parameters");
  const code = await provider.store.authCodes.find(codeId);
  if (code === undefined || provider.clock() >= code.expiry) throw shownError(400, "Invalid or expired auth code.");
  const device = await guessDevice(provider, caller, userCode);
  if (device === undefined) throw shownError(400, "Invalid or expired user code.");
  const client = await findClient(provider, device, code);
  const answer = await redeem(provider, client, device, code);
  const done = await finishDevice(provider, device, { status: DEVICE_STATUS.complete, token: goJson(answer, 2) });
  if (!done) throw shownError(400, "Invalid or expired device code.");
  return provider.pages.deviceDone(request, { clientName: client.name });
}

/** The person said no: the device is told at its next poll. After any other error they may try again. */
async function refuse(provider: ProviderContext, caller: Caller, userCode: string, error: string): Promise<never> {
  provider.log.info("device not authorized", { error: error.slice(0, 64) });
  const device = error === "access_denied" ? await guessDevice(provider, caller, userCode) : undefined;
  if (device === undefined) throw shownError(400, "Authorization failed. Please try again.");
  await finishDevice(provider, device, { status: DEVICE_STATUS.denied, expiry: provider.clock() });
  throw shownError(403, "Approval rejected.", "approval_rejected");
}

/** The client that the device belongs to, when the code was made for it, and for a device at all. */
async function findClient(provider: ProviderContext, { request }: WaitingDevice, code: AuthCode): Promise<Client> {
  const client = await provider.store.clients.find(request.clientId);
  // Where dex made the request, nobody has looked at the client yet.
  if (client === undefined || !constantTimeEquals(client.secret, request.clientSecret)) {
    throw shownError(401, "Invalid client credentials.");
  }
  const redirectUri = matchRedirectUri(client, code.redirectUri, provider.root);
  if (code.clientId !== client.id || redirectUri === undefined || !isDeviceCallback(redirectUri, provider.root)) {
    throw shownError(400, "Invalid or expired auth code.");
  }
  return client;
}

async function redeem(
  provider: ProviderContext,
  client: Client,
  { request }: WaitingDevice,
  code: AuthCode,
): Promise<TokenAnswer> {
  await usableConnector(provider, client, { connectorId: code.connectorId, grant: DEVICE_CODE_GRANT });
  const form = new URLSearchParams({ code: code.id, redirect_uri: code.redirectUri });
  if (code.codeChallenge !== "") form.set("code_verifier", codeVerifierOf(request));
  return authorizationCodeGrant(provider, client, form);
}
