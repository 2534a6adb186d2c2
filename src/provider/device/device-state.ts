import type { ProviderContext } from "../provider-deps.ts";
import type { DeviceRequest, DeviceToken } from "../storage-model.ts";

/** The grant type of RFC 8628 §3.4. */
export const DEVICE_CODE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** Seconds between polls (RFC 8628 §3.2), and what each early one adds (§3.5). */
export const POLL_SECONDS = 5;

/**
 * What a device token's `status` may be. The first two are dex's words. A denied one has ended besides, so that dex, which does not know
 * the word, tells the device that it has expired.
 */
export const DEVICE_STATUS = { pending: "authorization_pending", complete: "complete", denied: "denied" } as const;

/** A device that waits for somebody to sign in. */
export interface WaitingDevice {
  readonly request: DeviceRequest;
  readonly token: DeviceToken;
}

/** @returns undefined when nobody waits under this code, or no more. */
export async function findWaitingDevice(
  provider: ProviderContext,
  userCode: string,
): Promise<WaitingDevice | undefined> {
  const { deviceRequests, deviceTokens } = provider.store;
  const request = await deviceRequests.find(userCode);
  const token = request === undefined ? undefined : await deviceTokens.find(request.deviceCode);
  if (request === undefined || token?.status !== DEVICE_STATUS.pending) return undefined;
  return provider.clock() < Math.min(request.expiry, token.expiry) ? { request, token } : undefined;
}

/**
 * End the waiting, and use up the user code. Once over all replicas: a device that was finished or denied stays so.
 *
 * @returns false when it waited no more.
 */
export async function finishDevice(
  provider: ProviderContext,
  { request, token }: WaitingDevice,
  change: Pick<DeviceToken, "status"> & Partial<Pick<DeviceToken, "token" | "expiry">>,
): Promise<boolean> {
  const { deviceRequests, deviceTokens } = provider.store;
  // A poll may change the record at any time.
  for (let current: DeviceToken | undefined = token; ; current = await deviceTokens.find(token.deviceCode)) {
    if (current?.status !== DEVICE_STATUS.pending) return false;
    if (await deviceTokens.replace(current, { ...current, ...change })) break;
  }
  await deviceRequests.remove(request);
  return true;
}
