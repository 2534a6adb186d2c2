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

/** @returns undefined when no device has this user code, or has it no more. */
export async function findDeviceRequest(
  provider: ProviderContext,
  userCode: string,
): Promise<DeviceRequest | undefined> {
  const request = await provider.store.deviceRequests.find(userCode);
  return request !== undefined && provider.clock() < request.expiry ? request : undefined;
}

/** Does the device wait for somebody to sign in? */
export async function isWaiting(provider: ProviderContext, { deviceCode }: DeviceRequest): Promise<boolean> {
  return (await findWaiting(provider, deviceCode)) !== undefined;
}

/**
 * End the waiting. Once over all replicas: a device that was finished or denied stays so.
 *
 * @returns false when it waited no more.
 */
export async function finishDevice(
  provider: ProviderContext,
  { deviceCode }: DeviceRequest,
  change: Pick<DeviceToken, "status"> & Partial<Pick<DeviceToken, "token" | "expiry">>,
): Promise<boolean> {
  for (;;) {
    const token = await findWaiting(provider, deviceCode);
    if (token === undefined) return false;
    if (await provider.store.deviceTokens.replace(token, { ...token, ...change })) return true;
    // A poll was noted in between.
  }
}

async function findWaiting(provider: ProviderContext, deviceCode: string): Promise<DeviceToken | undefined> {
  const token = await provider.store.deviceTokens.find(deviceCode);
  return token?.status === DEVICE_STATUS.pending && provider.clock() < token.expiry ? token : undefined;
}
