import type { ProviderContext } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { afterLogin } from "./after-login.ts";
import { findRequest } from "./find-request.ts";
import { hopMatches } from "./hop.ts";
import { requireOwnSession } from "./require-own-session.ts";
import { respond } from "./respond.ts";
import { sharedLogin } from "./shared-login.ts";
import { shownError } from "./shown-error.ts";

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
  return approved ? respond(provider, request, authRequest) : afterLogin(provider, request, authRequest);
}

function logIn(provider: ProviderContext, request: Request, authRequest: AuthRequest): Promise<Response> {
  if (provider.sharedSession === undefined) throw shownError(500, "Login process not yet finalized.");
  return sharedLogin(provider, request, { authRequest, sharedSession: provider.sharedSession });
}
