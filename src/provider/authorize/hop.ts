import { createHmac, timingSafeEqual } from "node:crypto";

import { goQuery } from "../../protocol/go-query.ts";
import { encodeStrings } from "../../protocol/string-message.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";

/** Which step a browser may take next. */
export type HopStep = "step:continue" | "step:approval" | "step:approved";

/**
 * A signature over a request and a step, as dex makes it. Without the step in it, the address of the approval page would also
 * be the address behind it.
 */
export function signHop(request: Pick<AuthRequest, "id" | "hmacKey">, step: HopStep): string {
  return createHmac("sha256", request.hmacKey)
    .update(encodeStrings([request.id, step]))
    .digest("base64url");
}

/** Constant time. */
export function hopMatches(request: AuthRequest, step: HopStep, signature: string): boolean {
  const [expected, sent] = [Buffer.from(signHop(request, step)), Buffer.from(signature)];
  return expected.length === sent.length && timingSafeEqual(expected, sent);
}

/** The address of a step, as a path on our own host. */
export function hopPath(
  provider: ProviderContext,
  endpoint: "/auth" | "/approval",
  request: AuthRequest,
  step: HopStep,
): string {
  return `${provider.root}${endpoint}?${goQuery([
    ["req", request.id],
    ["hmac", signHop(request, step)],
  ])}`;
}
