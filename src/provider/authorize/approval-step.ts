import { readForm } from "../../http/form.ts";
import { isForeignPost } from "../../http/same-site.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { findRequest } from "./find-request.ts";
import { approvalMatches } from "./hop.ts";
import { readParameters } from "../read-parameters.ts";
import { scopesToApprove } from "./scopes-to-approve.ts";
import { requireOwnSession } from "./require-own-session.ts";
import { answerTo, respond } from "./respond.ts";
import { RedirectedError, shownError } from "./shown-error.ts";

/** `/approval`: may this client know who you are? */
export async function approvalStep(provider: ProviderContext, request: Request): Promise<Response> {
  const form = request.method === "POST" ? await readForm(request.clone()) : undefined;
  const parameters = await readParameters(request);
  const authRequest = await findRequest(provider, parameters);
  if (!approvalMatches(authRequest, parameters.get("hmac") ?? "")) throw shownError(401, "Unauthorized request");
  if (!authRequest.loggedIn) throw shownError(500, "Login process not yet finalized.");
  await requireOwnSession(provider, request, authRequest);
  if (form === undefined) return showApproval(provider, request, authRequest);
  if (isForeignPost(request)) throw shownError(403, "This form was sent from another site.");
  if (form.get("approval") === "approve") return respond(provider, request, authRequest);
  return reject(provider, authRequest);
}

async function showApproval(provider: ProviderContext, request: Request, authRequest: AuthRequest): Promise<Response> {
  const client = await provider.store.clients.find(authRequest.clientId);
  if (client === undefined) throw shownError(500, "Failed to retrieve client.");
  const { username, email, userId } = authRequest.claims;
  return provider.pages.approval(request, {
    clientName: client.name,
    ...(client.logoUrl === "" ? {} : { clientLogoUrl: client.logoUrl }),
    scopes: scopesToApprove(authRequest.scopes),
    userName: username || email || userId,
    hidden: { req: authRequest.id },
  });
}

/** The client is told, and the request is over: dex shows a page and leaves the client waiting. */
async function reject(provider: ProviderContext, authRequest: AuthRequest): Promise<Response> {
  await provider.store.authRequests.remove(authRequest);
  throw new RedirectedError(answerTo(authRequest), "access_denied", "The request was rejected.");
}
