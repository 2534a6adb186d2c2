import type { ProviderContext } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { shownError } from "./shown-error.ts";

/**
 * The stored request that `req` names.
 *
 * @throws {PublicError} 401 when nothing proves that the browser was sent here, 400 when there is no such request.
 */
export async function findRequest(provider: ProviderContext, parameters: URLSearchParams): Promise<AuthRequest> {
  if ((parameters.get("hmac") ?? "") === "") throw shownError(401, "Unauthorized request");
  const request = await provider.store.authRequests.find(parameters.get("req") ?? "");
  if (request === undefined) throw shownError(400, "User session error.", "login_expired");
  return request;
}
