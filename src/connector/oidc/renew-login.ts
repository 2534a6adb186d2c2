import type { Identity, Login, UpstreamTokens } from "../../protocol/identity.ts";
import { ConnectorError } from "../connector-error.ts";
import { decodeConnectorData } from "./connector-data.ts";
import { findClaim, readIdentity } from "./identity-claims.ts";
import { completeClaims, finishedLogin, type OidcUpstream } from "./oidc-upstream.ts";
import type { ProviderMetadata } from "./provider-metadata.ts";
import { asRenewalError, reasonOf, revoked } from "./renewal-error.ts";
import { requestTokens, type TokenRefusal } from "./token-request.ts";
import { unreachable } from "./upstream-request.ts";
import { fetchUserinfo } from "./userinfo.ts";
import { verifyIdToken } from "./verify-id-token.ts";

/**
 * Renew a login with its refresh token.
 *
 * @throws {ConnectorError} `revoked` when the upstream refuses the refresh token, names another subject, or vouches against the
 *   e-mail address; `unreachable` for everything else, also for an answer that does not hold.
 * @see OpenID Connect Core §12
 */
export async function renewLogin(upstream: OidcUpstream, login: Login): Promise<Login> {
  const refreshToken = refreshTokenOf(login);
  if (refreshToken === undefined) throw unreachable("the upstream gave no refresh token");
  const metadata = await upstream.discovery.get();
  const parameters = { grant_type: "refresh_token", refresh_token: refreshToken };
  const outcome = await requestTokens(upstream, metadata, parameters).catch((error: unknown) => {
    throw asRenewalError(error);
  });
  if (outcome.outcome === "refused") throw refusedRefresh(outcome);
  const { tokens } = outcome;
  return renewedLogin(upstream, { login, refreshToken, tokens }, () =>
    renewIdentity(upstream, metadata, login.identity, tokens),
  );
}

/** Tokens that an upstream renewed. */
export interface Renewed {
  readonly login: Login;
  /** The token that they were renewed with. */
  readonly refreshToken: string;
  /** What came; the ID token and the refresh token that did not stay as they were. */
  readonly tokens: UpstreamTokens;
  /** With what the provider keeps for later. Default: as {@link finishedLogin} does. */
  readonly finish?: (identity: Identity, tokens: UpstreamTokens) => Login;
}

/**
 * The login with renewed tokens, and with the identity when that can be learnt too. When it cannot for the moment, a rotated refresh
 * token must not be lost, because that would end the session at the next renewal: the identity then stays as it was.
 *
 * @throws {ConnectorError} as {@link asRenewalError} makes it.
 */
export async function renewedLogin(
  { log }: Pick<OidcUpstream, "log">,
  { login, refreshToken, tokens, finish = finishedLogin }: Renewed,
  identify: () => Promise<Identity>,
): Promise<Login> {
  const kept = { refreshToken, ...(login.tokens.idToken !== undefined && { idToken: login.tokens.idToken }) };
  try {
    return finish(await identify(), { ...kept, ...tokens });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const rotated = tokens.refreshToken !== undefined && tokens.refreshToken !== refreshToken;
    if (error.reason !== "unreachable" || !rotated) throw asRenewalError(error);
    log.warn("tokens renewed, identity not", { reason: reasonOf(error) });
    return finish(login.identity, { ...tokens, ...kept, refreshToken: tokens.refreshToken });
  }
}

/** The upstream's refresh token of a login, also of one that was stored as connector data only. */
export function refreshTokenOf(login: Login): string | undefined {
  return login.tokens.refreshToken ?? decodeConnectorData(login.connectorData);
}

async function renewIdentity(
  upstream: OidcUpstream,
  metadata: ProviderMetadata,
  previous: Identity,
  tokens: UpstreamTokens,
): Promise<Identity> {
  const { accessToken, idToken } = tokens;
  if (idToken === undefined) return askUserinfo(upstream, metadata.userinfoEndpoint, previous, accessToken);
  const claims = await verifyIdToken(upstream, idToken, {
    metadata,
    clientId: upstream.configuration.clientId,
    ...(accessToken !== undefined && { accessToken }),
  });
  if (claims.sub !== previous.userId) throw revoked("the upstream renewed the tokens of another subject");
  return readIdentity(await completeClaims(upstream, metadata, claims, accessToken), upstream.configuration, previous);
}

/**
 * A renewal may come without an ID token (OpenID Connect Core §12.2). Userinfo without groups then proves nothing about
 * them: the upstream may tell them in ID tokens only.
 */
async function askUserinfo(
  upstream: OidcUpstream,
  endpoint: string | undefined,
  previous: Identity,
  accessToken: string | undefined,
): Promise<Identity> {
  if (endpoint === undefined || accessToken === undefined) return previous;
  const userinfo = await fetchUserinfo(upstream.fetch, { endpoint, accessToken, sub: previous.userId });
  if (userinfo === undefined) throw unreachable("the userinfo endpoint refused the access token");
  const identity = readIdentity([userinfo], upstream.configuration, previous);
  const { groupsClaim } = upstream.configuration;
  const groupsTold = groupsClaim !== "" && findClaim([userinfo], groupsClaim) !== undefined;
  return groupsTold ? identity : { ...identity, groups: previous.groups };
}

/** Only `invalid_grant` says that this refresh token is over; anything else may be our mistake or theirs. */
function refusedRefresh(refusal: TokenRefusal): ConnectorError {
  return refusal.error === "invalid_grant" ? revoked(refusal.reason) : unreachable(refusal.reason);
}
