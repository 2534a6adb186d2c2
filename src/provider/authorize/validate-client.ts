import { type RedirectUri, matchRedirectUri } from "../../protocol/redirect-uri.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { Client } from "../storage-model.ts";
import { shownError } from "./shown-error.ts";

/** A client that exists, and an address of its own to answer to. */
export interface ValidClient {
  readonly client: Client;
  readonly redirectUri: RedirectUri;
}

/**
 * Who asks, and where may they be answered? Failures are shown: an unregistered redirect URI is never redirected to.
 *
 * @throws {PublicError} 404 for an unknown client, 400 for an address that is not registered.
 */
export async function validateClient(provider: ProviderContext, parameters: URLSearchParams): Promise<ValidClient> {
  const client = await provider.store.clients.find(parameters.get("client_id") ?? "");
  if (client === undefined) throw shownError(404, "Invalid client_id.", "unknown_client");
  const redirectUri = matchRedirectUri(client, parameters.get("redirect_uri") ?? "", provider.root);
  if (redirectUri === undefined) throw shownError(400, "Unregistered redirect_uri.", "unknown_redirect_uri");
  return { client, redirectUri };
}
