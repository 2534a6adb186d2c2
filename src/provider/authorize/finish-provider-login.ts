import type { Login } from "../../protocol/identity.ts";
import { randomId } from "../../protocol/random-id.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { storedClaimsOf } from "../stored-claims.ts";
import { savePersonalClaims } from "../personal-claims.ts";
import { isRefreshable, saveConnectorData } from "../token/refresh-tokens.ts";
import { extrasOf, withExtras, withoutExtras } from "../request-extras.ts";
import { shownError } from "./shown-error.ts";

/** Who logged in, with what, and when. */
export interface FinishedLogin {
  readonly connectorId: string;
  readonly login: Login;
  readonly authTime: number;
}

/**
 * Write a login into its authorization request. @returns the request as it is now stored, whose hops are to be signed from now on.
 *
 * A second login gets a new key: else whoever logged in first, and kept their signed hop, could let somebody else log in to the same
 * request and then take the code for that identity (session fixation, RFC 9700 §4.7).
 */
export async function finishProviderLogin(
  provider: ProviderContext,
  request: AuthRequest,
  finished: FinishedLogin,
): Promise<AuthRequest> {
  const { connectorId, login, authTime } = finished;
  const { connectorData } = login;
  const { userId, additionalClaims } = login.identity;
  // What the login under way needed is not the connector's.
  const { connectorData: _underWay, ...rest } = request;
  const next: AuthRequest = {
    ...rest,
    loggedIn: true,
    hmacKey: request.loggedIn ? randomId(32) : request.hmacKey,
    claims: storedClaimsOf(login.identity),
    scopes: withAcr(request.scopes, additionalClaims?.["acr"]),
    connectorId,
    ...(connectorData === undefined ? {} : { connectorData }),
    authTime,
  };
  if (!(await provider.store.authRequests.replace(request, next)))
    throw shownError(400, "User session error.", "login_expired");
  await savePersonalClaims(provider, { userId, connectorId }, additionalClaims);
  if (await isRefreshable(provider, next)) await saveConnectorData(provider, { userId, connectorId }, connectorData);
  provider.log.info("login successful", { connector: connectorId, client: next.clientId, user: login.identity.userId });
  return next;
}

/** How somebody signed in is told to who asked, where the upstream says it. */
function withAcr(scopes: readonly string[], acr: unknown): readonly string[] {
  const extras = extrasOf(scopes);
  const isAsked = extras.acrValues !== undefined || extras.claims?.idToken.includes("acr") === true;
  return isAsked && typeof acr === "string" ? withExtras(withoutExtras(scopes), { ...extras, acr }) : scopes;
}
