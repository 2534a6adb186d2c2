import { redirect } from "../../http/redirect.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { approvalPath } from "./hop.ts";
import { answerTo, respond } from "./respond.ts";
import { RedirectedError } from "./shown-error.ts";

/** Somebody logged in: ask them, or answer the client at once. Any replica, dex's too, can take the next step. */
export async function afterLogin(
  provider: ProviderContext,
  request: Request,
  authRequest: AuthRequest,
): Promise<Response> {
  if (!authRequest.forceApprovalPrompt && provider.configuration.skipApproval) {
    return respond(provider, request, authRequest);
  }
  if (authRequest.prompt === "none") {
    throw new RedirectedError(answerTo(authRequest), "interaction_required", "User interaction required");
  }
  return redirect(303, approvalPath(provider, authRequest));
}
