import { isRecord, parseJson } from "./upstream-request.ts";

/**
 * What the provider keeps beside its own refresh tokens so that it can ask the upstream again:
 * `{"RefreshToken":"<base64>"}`, as dex stores it.
 */
export function encodeConnectorData(refreshToken: string): Uint8Array {
  return Buffer.from(JSON.stringify({ RefreshToken: Buffer.from(refreshToken).toString("base64") }));
}

/** @returns the upstream's refresh token, or undefined when there is none or the data is not of this form. */
export function decodeConnectorData(data: Uint8Array | undefined): string | undefined {
  const parsed = data === undefined ? undefined : parseJson(Buffer.from(data).toString("utf8"));
  if (!isRecord(parsed) || typeof parsed.RefreshToken !== "string") return undefined;
  const token = Buffer.from(parsed.RefreshToken, "base64").toString("utf8");
  return token === "" ? undefined : token;
}
