import type { ProviderContext } from "../provider-deps.ts";
import { chooseConnector } from "./connector-step.ts";
import { continueAuthorization } from "./continue-authorization.ts";
import { readParameters } from "../read-parameters.ts";
import { sharedLogin } from "./shared-login.ts";
import { validateClient } from "./validate-client.ts";
import { validateRequest } from "./validate-request.ts";

/**
 * `/auth`, RFC 6749 §3.1: the start of every authorization, and the place that each of its steps comes back to.
 *
 * @param count is called before a request is stored, and may throw.
 */
export async function authorizationEndpoint(
  provider: ProviderContext,
  request: Request,
  count: () => void,
): Promise<Response> {
  const parameters = await readParameters(request);
  if (parameters.has("req")) return continueAuthorization(provider, request, parameters);
  const { sharedSession } = provider;
  if (sharedSession === undefined) return chooseConnector(provider, request, parameters);
  const valid = await validateClient(provider, parameters);
  const authRequest = await validateRequest(provider, valid, parameters);
  count();
  await provider.store.authRequests.create(authRequest);
  const idTokenHint = parameters.get("id_token_hint");
  return sharedLogin(provider, request, {
    authRequest,
    sharedSession,
    ...(idTokenHint === null ? {} : { idTokenHint }),
    loginHint: parameters.get("login_hint") ?? "",
  });
}
