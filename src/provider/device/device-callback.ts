import { goJson } from "../../protocol/go-json.ts";
import { isDeviceCallback, matchRedirectUri } from "../../protocol/redirect-uri.ts";
import { readParameters } from "../read-parameters.ts";
import { shownError } from "../authorize/shown-error.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { AuthCode, Client, DeviceRequest } from "../storage-model.ts";
import { authorizationCodeGrant } from "../token/authorization-code-grant.ts";
import { isClientSecret } from "../token/client-authentication.ts";
import type { TokenAnswer } from "../token/issue-tokens.ts";
import { usableConnector } from "../usable-connector.ts";
import { DEVICE_CODE_GRANT, DEVICE_STATUS, finishDevice, isWaiting } from "./device-state.ts";
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
  const client = await finish(provider, caller, userCode, codeId);
  return provider.pages.deviceDone(request, { clientName: client.name });
}

/** Everything is checked before the code is used up. @returns whose device it is. */
async function finish(provider: ProviderContext, caller: Caller, userCode: string, codeId: string): Promise<Client> {
  const code = await provider.store.authCodes.find(codeId);
  if (code === undefined || provider.clock() >= code.expiry) throw shownError(400, "Invalid or expired auth code.");
  const device = await guessDevice(provider, caller, userCode);
  if (device === undefined) throw shownError(400, "Invalid or expired user code.");
  const client = await findClient(provider, device, code);
  if (!(await isWaiting(provider, device))) throw shownError(400, "Invalid or expired device code.");
  const answer = await redeem(provider, client, device, code);
  const done = await finishDevice(provider, device, { status: DEVICE_STATUS.complete, token: goJson(answer, 2) });
  if (!done) throw shownError(400, "Invalid or expired device code.");
  return client;
}

/** The person said no: the device is told at its next poll. After any other error they may try again. */
async function refuse(provider: ProviderContext, caller: Caller, userCode: string, error: string): Promise<never> {
  provider.log.info("device not authorized", { error: error.slice(0, 64) });
  const device = error === "access_denied" ? await guessDevice(provider, caller, userCode) : undefined;
  const denied = { status: DEVICE_STATUS.denied, expiry: provider.clock() };
  if (device === undefined || !(await finishDevice(provider, device, denied))) {
    throw shownError(400, "Authorization failed. Please try again.");
  }
  await provider.store.deviceRequests.remove(device);
  throw shownError(403, "Approval rejected.", "approval_rejected");
}

/** The client that the device belongs to, when the code was made for it, and for a device at all. */
async function findClient(provider: ProviderContext, device: DeviceRequest, code: AuthCode): Promise<Client> {
  const client = await provider.store.clients.find(device.clientId);
  if (client === undefined || !isClientSecret(client, device.clientSecret)) {
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
  device: DeviceRequest,
  code: AuthCode,
): Promise<TokenAnswer> {
  await usableConnector(provider, client, { connectorId: code.connectorId, grant: DEVICE_CODE_GRANT });
  const form = new URLSearchParams({ code: code.id, redirect_uri: code.redirectUri });
  if (code.codeChallenge !== "") form.set("code_verifier", codeVerifierOf(device));
  return authorizationCodeGrant(provider, client, form);
}
