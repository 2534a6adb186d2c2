import type { Identity, Login, UpstreamTokens } from "../../../protocol/identity.ts";
import type { ConnectorError } from "../../connector-error.ts";
import type { OidcUpstream } from "../oidc-upstream.ts";
import type { ProviderMetadata } from "../provider-metadata.ts";
import { refreshTokenOf, renewedLogin } from "../renew-login.ts";
import { revoked } from "../renewal-error.ts";
import { unreachable } from "../upstream-request.ts";
import { createClaimSources } from "./claim-sources.ts";
import { decodeClaims } from "./coerce-claim.ts";
import { exchangeTokens, type ExchangeRefusal } from "./exchange-tokens.ts";
import { identify } from "./identify.ts";
import type { OidcVendor } from "./vendor.ts";
import { verifyToken } from "./verify-token.ts";

/**
 * Renew a login with its refresh token. What does not come anew stays: ID token and claims, address, refresh token. The
 * nonce is of the login and not looked at.
 *
 * When the tokens were renewed but who it is cannot be learnt, a rotated refresh token is kept with the identity as it was.
 *
 * @throws {ConnectorError} `revoked` when the upstream refuses in final words, names another subject, or vouches against the
 *   address; `unreachable` for everything else.
 */
export async function renew(upstream: OidcUpstream, vendor: OidcVendor, login: Login): Promise<Login> {
  const refreshToken = refreshTokenOf(login);
  if (refreshToken === undefined) throw unreachable("the upstream gave no refresh token");
  const metadata = await upstream.discovery.get();
  const parameters = { grant_type: "refresh_token", refresh_token: refreshToken };
  const exchange = await exchangeTokens(upstream, metadata, parameters, await vendor.tokenCredentials?.());
  if (exchange.outcome === "refused") throw refusedRefresh(exchange);
  const { tokens } = exchange;
  return renewedLogin(upstream, { login, refreshToken, tokens }, () =>
    renewIdentity(upstream, vendor, metadata, { login, tokens }),
  );
}

/** Final words, or something that may pass. */
export function refusedRefresh({ isFinal, reason }: ExchangeRefusal): ConnectorError {
  return isFinal ? revoked(reason) : unreachable(reason);
}

async function renewIdentity(
  upstream: OidcUpstream,
  vendor: OidcVendor,
  metadata: ProviderMetadata,
  { login, tokens }: { readonly login: Login; readonly tokens: UpstreamTokens },
): Promise<Identity> {
  const before = decodeClaims(login.tokens.idToken);
  const claims =
    tokens.idToken === undefined
      ? undefined
      : await verifyToken(upstream, metadata, upstream.configuration, tokens.idToken);
  if (claims !== undefined) checkSameSubject(before?.sub, claims.sub);
  const problem = claims === undefined ? undefined : vendor.findProblem?.(claims);
  if (problem !== undefined) throw revoked(problem);
  const sources = createClaimSources(upstream, metadata, {
    claims: claims ?? before ?? {},
    accessToken: tokens.accessToken,
  });
  const identity = claims === undefined ? login.identity : await identify(upstream, sources);
  const found = { upstream, metadata, identity, tokens, sources, previous: login };
  return keepAddress(login.identity, (await vendor.enrich?.(found)) ?? identity);
}

/** Some upstreams name the address at the login only. Without one, whoever was taken off the list could not be told any more. */
function keepAddress({ email }: Identity, renewed: Identity): Identity {
  return renewed.email === "" ? { ...renewed, email } : renewed;
}

/** OpenID Connect Core §12.2. */
function checkSameSubject(before: unknown, now: unknown): void {
  const isAnother = typeof before === "string" && before !== now;
  if (isAnother) throw revoked("the upstream renewed the tokens of another subject");
}
