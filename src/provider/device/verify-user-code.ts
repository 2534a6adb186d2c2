import { createHash } from "node:crypto";

import { redirect } from "../../http/redirect.ts";
import { isForeignPost } from "../../http/same-site.ts";
import { goQuery } from "../../protocol/go-query.ts";
import { readParameters } from "../read-parameters.ts";
import { shownError } from "../authorize/shown-error.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { DeviceRequest } from "../storage-model.ts";
import type { AddressLimit } from "../address-limit.ts";
import { showDevicePage } from "./device-page.ts";
import { findDeviceRequest } from "./device-state.ts";
import { readUserCode } from "./user-code.ts";

/** A browser, and how often its address may guess. */
export interface Caller {
  readonly request: Request;
  readonly address: string;
  readonly guesses: AddressLimit;
}

/** `POST /device/auth/verify_code`: a person typed a code; sign them in for that device. */
export async function verifyUserCode(provider: ProviderContext, caller: Caller): Promise<Response> {
  const { request } = caller;
  if (request.method !== "POST") throw shownError(400, "Requested resource does not exist.");
  if (isForeignPost(request)) throw shownError(403, "This form was sent from another site.");
  const typed = (await readParameters(request)).get("user_code") ?? "";
  if (typed === "") throw shownError(400, "No user code received");
  const userCode = readUserCode(typed);
  const device = await guessDevice(provider, caller, userCode);
  if (device === undefined) return showDevicePage(provider, request, { userCode, isWrong: true });
  return redirect(302, signInUrl(provider, device, await callbackOf(provider, device)));
}

/** The device of a code, which somebody may be guessing (RFC 8628 §5.1). */
export async function guessDevice(
  provider: ProviderContext,
  { address, guesses }: Caller,
  userCode: string,
): Promise<DeviceRequest | undefined> {
  guesses.check(address);
  const device = await findDeviceRequest(provider, userCode);
  if (device === undefined) guesses.count(address);
  return device;
}

/**
 * Where the browser comes back to, as the client registered it: below the issuer's path, or bare. The bare one is what every version of
 * dex knows of a client that registered nothing, should the browser's next request be answered by one.
 */
async function callbackOf(provider: ProviderContext, { clientId }: DeviceRequest): Promise<string> {
  const client = await provider.store.clients.find(clientId);
  const full = `${provider.root}/device/callback`;
  return client?.redirectUris.includes(full) === true ? full : "/device/callback";
}

/**
 * An authorization request of our own, for the client that the device belongs to. Its secret stays out of it: the address ends up in
 * histories and logs.
 */
function signInUrl(provider: ProviderContext, request: DeviceRequest, callback: string): string {
  const { pkce } = provider.configuration;
  const codeChallenge = createHash("sha256").update(codeVerifierOf(request)).digest("base64url");
  const query = goQuery([
    ["client_id", request.clientId],
    ["redirect_uri", callback],
    ["response_type", "code"],
    ["scope", request.scopes.join(" ")],
    ["state", request.userCode],
    // Where PKCE is demanded of everybody, this is no exception.
    ...(pkce.methods.includes("S256")
      ? ([
          ["code_challenge", codeChallenge],
          ["code_challenge_method", "S256"],
        ] as const)
      : []),
  ]);
  return `${provider.baseUrl}/auth?${query}`;
}

/** Known to us and the device only, never to a browser. */
export function codeVerifierOf({ deviceCode }: DeviceRequest): string {
  return deviceCode;
}
