import { createHmac } from "node:crypto";

import { constantTimeEquals } from "../../crypto/equals.ts";
import { goQuery } from "../../protocol/go-query.ts";
import { encodeStrings } from "../../protocol/string-message.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";

/** Which step a browser may take next. */
export type HopStep = "step:continue" | "step:approval" | "step:approved";

/**
 * A signature over a request and a step, as dex's development version makes it. Without the step in it, the address of the approval
 * page would also be the address behind it.
 */
export function signHop(request: Pick<AuthRequest, "id" | "hmacKey">, step: HopStep): string {
  return mac(request, Buffer.concat([encodeStrings([request.id]), encodeStrings([step])]));
}

/** Constant time. */
export function hopMatches(request: AuthRequest, step: HopStep, signature: string): boolean {
  return constantTimeEquals(signHop(request, step), signature);
}

/** dex's release signs the request's id alone, and asks for that signature on the approval page only. */
export function approvalMatches(request: AuthRequest, signature: string): boolean {
  return hopMatches(request, "step:approval", signature) || constantTimeEquals(mac(request, request.id), signature);
}

/** The address of the approval page, as a path on our own host, which dex's release understands where we stand in for it. */
export function approvalPath(provider: ProviderContext, request: AuthRequest): string {
  const signature = isNative(provider) ? signHop(request, "step:approval") : mac(request, request.id);
  return pathOf(provider, "/approval", request, signature);
}

/** Where a request goes on, as a path on our own host. */
export function continuePath(provider: ProviderContext, request: AuthRequest): string {
  return pathOf(provider, "/auth", request, signHop(request, "step:continue"));
}

function pathOf(provider: ProviderContext, endpoint: string, request: AuthRequest, signature: string): string {
  return `${provider.root}${endpoint}?${goQuery([
    ["req", request.id],
    ["hmac", signature],
  ])}`;
}

function mac(request: Pick<AuthRequest, "hmacKey">, message: string | Uint8Array): string {
  return createHmac("sha256", request.hmacKey).update(message).digest("base64url");
}
