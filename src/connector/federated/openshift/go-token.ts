import { decodeStored, readTime, writeTime } from "../oauth-vendor/stored-tokens.ts";
import type { VendorTokens } from "../oauth-vendor/vendor-tokens.ts";

/** A token as Go's OAuth client writes it into JSON: what is not known is left out, the end of its life is not. */
export function writeGoToken({
  accessToken,
  tokenType,
  refreshToken,
  expiresAt,
  lifetimeSeconds,
}: VendorTokens): Readonly<Record<string, unknown>> {
  return {
    access_token: accessToken,
    ...(tokenType !== undefined && { token_type: tokenType }),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    expiry: writeTime(expiresAt),
    ...(lifetimeSeconds !== undefined && { expires_in: lifetimeSeconds }),
  };
}

/** @returns what is there of such a token. */
export function readGoToken(data: Uint8Array | undefined): Partial<VendorTokens> {
  const stored = decodeStored(data) ?? {};
  const text = (name: string): string | undefined => {
    const value = stored[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const accessToken = text("access_token");
  const tokenType = text("token_type");
  const refreshToken = text("refresh_token");
  const expiresAt = readTime(text("expiry") ?? "");
  const lifetimeSeconds = stored.expires_in;
  return {
    ...(accessToken !== undefined && { accessToken }),
    ...(tokenType !== undefined && { tokenType }),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(typeof lifetimeSeconds === "number" && { lifetimeSeconds }),
  };
}
