import { jsonResponse } from "../../http/json-response.ts";
import { requestIdOf } from "../../http/request-id.ts";
import { OAuthError } from "../../protocol/oauth-error.ts";
import { hasPkceForm } from "../../protocol/pkce.ts";
import { randomId } from "../../protocol/random-id.ts";
import { matchRedirectUri } from "../../protocol/redirect-uri.ts";
import { parseScopes } from "../../protocol/scope.ts";
import { StoreError } from "../../store/store-error.ts";
import { readParameters } from "../read-parameters.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import type { Client, DeviceRequest, Pkce } from "../storage-model.ts";
import { type ClientCredentials, authenticateClient, readCredentials } from "../token/client-authentication.ts";
import { oauthErrorOf, oauthErrorResponse } from "../token/oauth-json.ts";
import type { AddressLimit } from "../address-limit.ts";
import { DEVICE_STATUS, POLL_SECONDS } from "./device-state.ts";
import { createUserCode } from "./user-code.ts";

/** Who asks, and how many devices its address may have ask. */
export interface DeviceCaller {
  readonly address: string;
  readonly limit: AddressLimit;
}

/**
 * `POST /device/code`, RFC 8628 §3.1: a device asks for its two codes.
 *
 * As in dex, devices of nobody get codes too: the client is looked at when somebody signs in, its secret before the tokens are made.
 * In the native dialect nothing is stored before that.
 */
export async function deviceAuthorization(
  provider: ProviderContext,
  request: Request,
  caller: DeviceCaller,
): Promise<Response> {
  try {
    if (request.method !== "POST") throw new OAuthError("invalid_request", "method not allowed");
    const parameters = await readParameters(request);
    caller.limit.check(caller.address);
    const pkce = readPkce(provider, parameters);
    const client = readCredentials(provider, request, parameters);
    if (isNative(provider)) checkClient(provider, await authenticateClient(provider, request, parameters));
    const scopes = parseScopes(parameters.get("scope") ?? "");
    const stored = await storeDevice(provider, client, scopes.length === 0 ? ["openid"] : scopes, pkce);
    caller.limit.count(caller.address);
    return jsonResponse(200, answerOf(provider, stored), { "Cache-Control": "no-store" });
  } catch (thrown) {
    const error = oauthErrorOf(thrown);
    provider.log.info("device refused", { requestId: requestIdOf(request), error: error.error });
    return oauthErrorResponse(error);
  }
}

/** The methods are those of the flow itself, whatever is configured for `/auth`: a device's challenge never passes a browser. */
function readPkce(provider: ProviderContext, parameters: URLSearchParams): Pkce {
  const codeChallenge = parameters.get("code_challenge") ?? "";
  const codeChallengeMethod = parameters.get("code_challenge_method") || "plain";
  if (!["S256", "plain"].includes(codeChallengeMethod)) {
    const method = JSON.stringify(codeChallengeMethod);
    throw new OAuthError("invalid_request", `Unsupported PKCE challenge method (${method}).`);
  }
  if (codeChallenge !== "" && isNative(provider) && !hasPkceForm(codeChallenge)) {
    throw new OAuthError("invalid_request", "code_challenge must be 43 to 128 unreserved characters.");
  }
  return { codeChallenge, codeChallengeMethod };
}

/** Else the person would come as far as `/auth`, and be told that the redirect URI is not registered. */
function checkClient(provider: ProviderContext, client: Client): void {
  const callback = "/device/callback";
  if (matchRedirectUri(client, callback, provider.root) !== undefined) return;
  const description = `This client may not use the device flow: add ${provider.root}${callback} to its redirect URIs.`;
  throw new OAuthError("unauthorized_client", description);
}

async function storeDevice(
  provider: ProviderContext,
  client: ClientCredentials,
  scopes: readonly string[],
  pkce: Pkce,
): Promise<DeviceRequest> {
  const now = provider.clock();
  const expiry = now + provider.configuration.deviceRequestSeconds;
  const deviceCode = randomId(32);
  const common = { deviceCode, clientId: client.id, clientSecret: client.secret, scopes, expiry };
  const request = await createRequest(provider, common);
  await provider.store.deviceTokens.create({
    deviceCode,
    status: DEVICE_STATUS.pending,
    token: "",
    expiry,
    lastRequest: now,
    pollInterval: 0, // the first poll may come at once
    ...pkce,
  });
  return request;
}

/** A user code may be taken, if rarely. */
async function createRequest(
  provider: ProviderContext,
  common: Omit<DeviceRequest, "userCode">,
): Promise<DeviceRequest> {
  for (;;) {
    const request = { userCode: createUserCode(), ...common };
    try {
      await provider.store.deviceRequests.create(request);
      return request;
    } catch (error) {
      if (!(error instanceof StoreError && error.reason === "conflict")) throw error;
    }
  }
}

/** Indented as dex's release does it. */
function answerOf(provider: ProviderContext, { deviceCode, userCode }: DeviceRequest): string {
  const page = `${provider.baseUrl}/device`;
  const answer = {
    device_code: deviceCode,
    user_code: userCode,
    verification_uri: page,
    verification_uri_complete: `${page}?user_code=${userCode}`,
    expires_in: Math.trunc(provider.configuration.deviceRequestSeconds),
    interval: POLL_SECONDS,
  };
  return `${JSON.stringify(answer, undefined, 3)}\n`;
}
