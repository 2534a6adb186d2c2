import { readForm } from "../../http/form.ts";
import { redirect } from "../../http/redirect.ts";
import { isForeignPost } from "../../http/same-site.ts";
import type { RedirectUri } from "../../protocol/redirect-uri.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { findRequest } from "./find-request.ts";
import { hopMatches, hopPath } from "./hop.ts";
import { readParameters } from "./read-parameters.ts";
import { requireOwnSession } from "./require-own-session.ts";
import { RedirectedError, shownError } from "./shown-error.ts";

/** `/approval`: may this client know who you are? */
export async function approvalStep(provider: ProviderContext, request: Request): Promise<Response> {
  const form = request.method === "POST" ? await readForm(request.clone()) : undefined;
  const parameters = await readParameters(request);
  const authRequest = await findRequest(provider, parameters);
  if (!hopMatches(authRequest, "step:approval", parameters.get("hmac") ?? "")) {
    throw shownError(401, "Unauthorized request");
  }
  await requireOwnSession(provider, request, authRequest);
  if (form === undefined) return showApproval(provider, request, authRequest);
  if (isForeignPost(request)) throw shownError(403, "This form was sent from another site.");
  if (form.get("approval") === "approve")
    return redirect(303, hopPath(provider, "/auth", authRequest, "step:approved"));
  return reject(provider, authRequest);
}

async function showApproval(provider: ProviderContext, request: Request, authRequest: AuthRequest): Promise<Response> {
  const client = await provider.store.clients.find(authRequest.clientId);
  if (client === undefined) throw shownError(500, "Failed to retrieve client.");
  const { username, email, userId } = authRequest.claims;
  return provider.pages.approval(request, {
    clientName: client.name,
    ...(client.logoUrl === "" ? {} : { clientLogoUrl: client.logoUrl }),
    scopes: authRequest.scopes,
    userName: username || email || userId,
    hidden: { req: authRequest.id },
  });
}

/** dex shows an error page and leaves the client waiting; the specification tells the client. */
async function reject(provider: ProviderContext, authRequest: AuthRequest): Promise<Response> {
  if (!isNative(provider)) throw shownError(500, "Approval rejected.", "approval_rejected");
  await provider.store.authRequests.remove(authRequest);
  // It was checked against the registered ones before the request was stored.
  const redirectUri = authRequest.redirectUri as RedirectUri;
  throw new RedirectedError({ redirectUri, state: authRequest.state }, "access_denied", "The request was rejected.");
}
