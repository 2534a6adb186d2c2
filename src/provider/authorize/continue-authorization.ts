import { redirect } from "../../http/redirect.ts";
import type { RedirectUri } from "../../protocol/redirect-uri.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { findRequest } from "./find-request.ts";
import { hopMatches, hopPath } from "./hop.ts";
import { requireOwnSession } from "./require-own-session.ts";
import { respond } from "./respond.ts";
import { sharedLogin } from "./shared-login.ts";
import { RedirectedError, shownError } from "./shown-error.ts";

/** `/auth?req=…&hmac=…`: look at a stored request and find what is next. */
export async function continueAuthorization(
  provider: ProviderContext,
  request: Request,
  parameters: URLSearchParams,
): Promise<Response> {
  const authRequest = await findRequest(provider, parameters);
  const signature = parameters.get("hmac") ?? "";
  const approved = hopMatches(authRequest, "step:approved", signature);
  if (!approved && !hopMatches(authRequest, "step:continue", signature)) throw shownError(401, "Unauthorized request");
  if (!authRequest.loggedIn) return logIn(provider, request, authRequest);
  await requireOwnSession(provider, request, authRequest);
  return approved || !needsApproval(provider, authRequest)
    ? respond(provider, authRequest)
    : ask(provider, authRequest);
}

function logIn(provider: ProviderContext, request: Request, authRequest: AuthRequest): Promise<Response> {
  if (provider.sharedSession === undefined) throw shownError(500, "Login process not yet finalized.");
  return sharedLogin(provider, request, { authRequest, sharedSession: provider.sharedSession });
}

function needsApproval(provider: ProviderContext, authRequest: AuthRequest): boolean {
  return authRequest.forceApprovalPrompt || !provider.configuration.skipApproval;
}

function ask(provider: ProviderContext, authRequest: AuthRequest): Response {
  if (authRequest.prompt === "none" && provider.sharedSession !== undefined) {
    // It was checked against the registered ones before the request was stored.
    const to = { redirectUri: authRequest.redirectUri as RedirectUri, state: authRequest.state };
    throw new RedirectedError(to, "interaction_required", "User interaction required");
  }
  return redirect(303, hopPath(provider, "/approval", authRequest, "step:approval"));
}
