import type { OidcOptions } from "../../config/connector-configuration.ts";
import { constantTimeEquals } from "../../crypto/equals.ts";
import type { Login } from "../../protocol/identity.ts";
import { ConnectorError } from "../connector-error.ts";
import type { LoginTransaction } from "../connector.ts";
import { readIdentity } from "./identity-claims.ts";
import { completeClaims, finishedLogin, type OidcUpstream } from "./oidc-upstream.ts";
import type { ProviderMetadata } from "./provider-metadata.ts";
import { requestTokens, type TokenRefusal } from "./token-request.ts";
import { unreachable, untrusted } from "./upstream-request.ts";
import { verifyIdToken } from "./verify-id-token.ts";

/**
 * Finish a login: the callback's code for tokens, and those for an identity.
 *
 * @throws {ConnectorError} `denied` when the upstream refuses the code, or vouches against the e-mail address; `untrusted`
 *   when the callback or the ID token does not hold; `unreachable`.
 * @see OpenID Connect Core §3.1.3
 */
export async function redeemCode(
  upstream: OidcUpstream,
  callback: URLSearchParams,
  login: LoginTransaction,
): Promise<Login> {
  const { configuration } = upstream;
  const metadata = await upstream.discovery.get();
  const outcome = await requestTokens(upstream, metadata, {
    grant_type: "authorization_code",
    code: readCode(callback, metadata, configuration),
    redirect_uri: login.redirectUri,
    ...(configuration.pkce && { code_verifier: login.codeVerifier }),
  });
  if (outcome.outcome === "refused") throw refusedCode(outcome);
  const { accessToken, idToken } = outcome.tokens;
  if (idToken === undefined) throw untrusted("the token endpoint issued no ID token");
  const claims = await verifyIdToken(upstream, idToken, {
    metadata,
    clientId: configuration.clientId,
    ...(configuration.nonce && { nonce: login.nonce }),
    ...(accessToken !== undefined && { accessToken }),
  });
  const sources = await completeClaims(upstream, metadata, claims, accessToken);
  return finishedLogin(readIdentity(sources, configuration), outcome.tokens);
}

/** The code of a callback. The issuer comes first: a code must never be shown to another issuer than the one that made it (RFC 9207 §2.4). */
export function readCode(
  callback: URLSearchParams,
  metadata: ProviderMetadata,
  { skipIssuerVerification = false }: Pick<OidcOptions, "skipIssuerVerification">,
): string {
  if (!skipIssuerVerification) checkIssuer(callback.getAll("iss"), metadata);
  const codes = callback.getAll("code");
  const [code = ""] = codes;
  if (codes.length > 1) throw untrusted("the callback has several codes");
  if (code === "" || callback.has("error")) throw denied("the callback has no code");
  return code;
}

/** @throws {ConnectorError} `untrusted` when a callback comes from another issuer, or does not say so where it should (RFC 9207 §2.4). */
export function checkIssuer(issuers: readonly string[], metadata: ProviderMetadata): void {
  if (issuers.length === 0 && metadata.sendsIssuer) throw untrusted("the callback does not name its issuer");
  if (issuers.some((issuer) => !constantTimeEquals(issuer, metadata.issuer))) {
    throw untrusted("the callback comes from another issuer");
  }
}

/** Is it this code that was refused, or are we? The second is the operator's to mend, and may pass. */
function refusedCode(refusal: TokenRefusal): ConnectorError {
  const clientRefused = refusal.error === "invalid_client" || refusal.error === "unauthorized_client";
  const codeRefused = refusal.error === "invalid_grant" || (refusal.status === 400 && !clientRefused);
  return codeRefused ? denied(refusal.reason) : unreachable(refusal.reason);
}

function denied(reason: string): ConnectorError {
  return new ConnectorError("denied", "The identity provider did not accept this sign-in.", new Error(reason));
}
