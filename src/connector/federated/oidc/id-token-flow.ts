import type { Identity, Login, UpstreamTokens } from "../../../protocol/identity.ts";
import type { LoginTransaction } from "../../connector.ts";
import type { Claims } from "../../oidc/identity-claims.ts";
import { checkBinding } from "../../oidc/oauth2-proxy/redeem.ts";
import { type TokenRules, verifyToken } from "../../oidc/oauth2-proxy/verify-token.ts";
import { finishedLogin } from "../../oidc/oidc-upstream.ts";
import type { ProviderMetadata } from "../../oidc/provider-metadata.ts";
import { checkIssuer } from "../../oidc/redeem-code.ts";
import { renewedLogin } from "../../oidc/renew-login.ts";
import { asRenewalError, revoked } from "../../oidc/renewal-error.ts";
import { unreachable, untrusted } from "../../oidc/upstream-request.ts";
import { redeemVendorCode, renewVendorTokens, type VendorTokens } from "../oauth-vendor/vendor-tokens.ts";
import { type DiscoveredClient, discovered } from "./discovered-client.ts";

/** Tokens, and what is proven of whom they are about. */
export interface ProvenTokens {
  readonly tokens: VendorTokens;
  /** Claims of the ID token, which was verified; none when a renewal brought no ID token. */
  readonly verified: Claims;
  readonly metadata: ProviderMetadata;
}

/**
 * The claims of an ID token: signature, issuer, audience and end hold.
 *
 * @param rules whose tokens are accepted besides our own.
 * @throws {ConnectorError} `untrusted`, `unreachable`.
 */
export function verifyOurs(
  { client, keys }: DiscoveredClient,
  metadata: ProviderMetadata,
  idToken: string,
  rules: Pick<TokenRules, "extraAudiences" | "anyAudience"> = {},
): Promise<Claims> {
  const { clientId } = client.configuration;
  return verifyToken({ clock: client.clock, keys }, metadata, { clientId, ...rules }, idToken);
}

/** What a callback is redeemed with. */
export interface Redeeming {
  readonly callback: URLSearchParams;
  readonly login: LoginTransaction;
  /** Does the code need the login's PKCE verifier? */
  readonly sendsVerifier?: boolean;
}

/**
 * Redeem the code of a callback, and verify the ID token that comes for it.
 *
 * @throws {ConnectorError} `denied`, `untrusted`, `unreachable`.
 * @see OpenID Connect Core §3.1.3
 */
export async function redeemForIdToken(
  known: DiscoveredClient,
  { callback, login, sendsVerifier = false }: Redeeming,
): Promise<ProvenTokens> {
  const { client, metadata } = await discovered(known);
  if (!known.hasAlias) checkIssuer(callback.getAll("iss"), metadata);
  const tokens = await redeemVendorCode(client, callback, {
    redirect_uri: login.redirectUri,
    ...(sendsVerifier && { code_verifier: login.codeVerifier }),
  });
  const { idToken, accessToken } = tokens;
  if (idToken === undefined) throw untrusted("the token endpoint issued no ID token");
  const verified = await verifyOurs(known, metadata, idToken);
  checkBinding(verified, idToken, accessToken);
  return { tokens, verified, metadata };
}

export interface Renewing {
  readonly login: Login;
  /** Absent: there is none, so nothing can be renewed. */
  readonly refreshToken: string | undefined;
  /** With what is kept for the next renewal. Default: as {@link finishedLogin} does. */
  readonly finish?: (identity: Identity, tokens: UpstreamTokens) => Login;
}

/**
 * Renew a login with its refresh token.
 *
 * @throws {ConnectorError} `revoked` when the upstream refuses the refresh token, names somebody else, or they may not enter any
 *   more; `unreachable` for everything else.
 * @see OpenID Connect Core §12
 */
export async function renewWithRefreshToken(
  known: DiscoveredClient,
  { login, refreshToken, finish = finishedLogin }: Renewing,
  identify: (proven: ProvenTokens) => Promise<Identity>,
): Promise<Login> {
  if (refreshToken === undefined) throw unreachable("the upstream gave no refresh token");
  const { client, metadata } = await discovered(known);
  const tokens = await renewVendorTokens(client, refreshToken).catch((error: unknown) => {
    throw asRenewalError(error);
  });
  return renewedLogin(client, { login, refreshToken, tokens, finish }, async () => {
    const verified = tokens.idToken === undefined ? {} : await verifyOurs(known, metadata, tokens.idToken);
    const identity = await identify({ tokens, verified, metadata });
    if (identity.userId !== login.identity.userId) throw revoked("the upstream renewed the tokens of another subject");
    return identity;
  });
}
