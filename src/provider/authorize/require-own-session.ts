import type { ProviderContext } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { shownError } from "./shown-error.ts";

/**
 * A request that somebody's shared session logged in goes on in a browser of that somebody only.
 *
 * The signed hop to `/auth` is given out before anybody signed in, so it proves nothing about who sends it: whoever began a request
 * could lure somebody else to its address, wait until their session has logged it in, and then approve it and take the code in a
 * browser of their own (session fixation, RFC 9700 §4.7). Where people log in at every request the hop is given out afterwards, and
 * to the browser that logged in only.
 *
 * @throws {PublicError} 403 in any other browser.
 */
export async function requireOwnSession(
  provider: ProviderContext,
  request: Request,
  { connectorId, claims }: AuthRequest,
): Promise<void> {
  if (provider.sharedSession === undefined) return;
  const { session } = await provider.sharedSession.load(request);
  if (session?.connectorId === connectorId && session.identity.userId === claims.userId) return;
  throw shownError(403, "This sign-in was finished in another browser.", "login_state_mismatch");
}
