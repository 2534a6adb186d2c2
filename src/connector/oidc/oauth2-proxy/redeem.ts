import { constantTimeEquals } from "../../../crypto/equals.ts";
import type { Login } from "../../../protocol/identity.ts";
import { ConnectorError, InvalidLoginError } from "../../connector-error.ts";
import type { LoginTransaction } from "../../connector.ts";
import type { Claims } from "../identity-claims.ts";
import { finishedLogin, type OidcUpstream } from "../oidc-upstream.ts";
import { readCode } from "../redeem-code.ts";
import { untrusted } from "../upstream-request.ts";
import { atHashFits } from "../verify-id-token.ts";
import { createClaimSources } from "./claim-sources.ts";
import { exchangeTokens, type ExchangeRefusal } from "./exchange-tokens.ts";
import { identify, requireEmail } from "./identify.ts";
import type { OidcVendor } from "./vendor.ts";
import { verifyToken } from "./verify-token.ts";

/**
 * Finish a login: the callback's code for tokens, and those for an identity.
 *
 * @throws {InvalidLoginError} when the nonce or a vendor's own rule says that the ID token is not for this login.
 * @throws {ConnectorError} `denied` when the upstream refuses the code or the address is missing or not verified; `untrusted`,
 *   `unreachable`.
 */
export async function redeem(
  upstream: OidcUpstream,
  vendor: OidcVendor,
  callback: URLSearchParams,
  login: LoginTransaction,
): Promise<Login> {
  const { configuration } = upstream;
  const metadata = await upstream.discovery.get();
  const parameters = codeParameters(upstream, readCode(callback, metadata, configuration), login);
  const exchange = await exchangeTokens(upstream, metadata, parameters, await vendor.tokenCredentials?.());
  if (exchange.outcome === "refused") throw refusedCode(exchange);
  const { tokens } = exchange;
  if (tokens.idToken === undefined) throw untrusted("the token endpoint issued no ID token");
  const claims = await verifyToken(upstream, metadata, configuration, tokens.idToken);
  checkBinding(claims, tokens.idToken, tokens.accessToken);
  checkLogin(claims, configuration.nonce ? login.nonce : undefined, vendor);
  const sources = createClaimSources(upstream, metadata, { claims, accessToken: tokens.accessToken });
  const identity = await identify(upstream, sources);
  const enrich = vendor.enrich ?? ((found) => requireEmail(found.identity));
  return finishedLogin(await enrich({ upstream, metadata, identity, tokens, sources }), tokens);
}

/** The parameters of a token request with a code. */
export function codeParameters(
  { configuration }: OidcUpstream,
  code: string,
  login: LoginTransaction,
): Readonly<Record<string, string>> {
  return {
    grant_type: "authorization_code",
    code,
    redirect_uri: login.redirectUri,
    ...(configuration.pkce && { code_verifier: login.codeVerifier }),
  };
}

/** It is the upstream's final word, or it may pass. */
export function refusedCode({ isFinal, reason }: ExchangeRefusal): ConnectorError {
  const publicMessage = "The identity provider did not accept this sign-in.";
  return new ConnectorError(isFinal ? "denied" : "unreachable", publicMessage, new Error(reason));
}

/**
 * An access token of somebody else must not come along (OpenID Connect Core §3.1.3.8).
 * @param claims of the ID token, which was verified.
 * @throws {ConnectorError} `untrusted`.
 */
export function checkBinding(claims: Claims, idToken: string, accessToken: string | undefined): void {
  const header: unknown = JSON.parse(Buffer.from(idToken.split(".")[0] ?? "", "base64url").toString("utf8"));
  const { alg } = header as { readonly alg: string }; // the signature was verified with it
  if (!atHashFits(claims.at_hash, alg, accessToken)) throw untrusted("at_hash does not fit the access token");
}

function checkLogin(claims: Claims, nonce: string | undefined, vendor: OidcVendor): void {
  const nonceFits =
    nonce === undefined || (typeof claims.nonce === "string" && constantTimeEquals(claims.nonce, nonce));
  if (!nonceFits) throw new InvalidLoginError("the nonce of the ID token is another one");
  const problem = vendor.findProblem?.(claims);
  if (problem !== undefined) throw new InvalidLoginError(problem);
}
