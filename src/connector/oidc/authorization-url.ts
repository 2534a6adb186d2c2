import { createHash } from "node:crypto";
import type { OidcConnectorConfiguration } from "../../config/configuration.ts";
import type { LoginTransaction } from "../connector.ts";
import type { ProviderMetadata } from "./provider-metadata.ts";

/**
 * The authorization request: the code flow with `state`, `nonce` and PKCE S256.
 *
 * Configured parameters are added, but never replace one of these.
 *
 * @see OpenID Connect Core §3.1.2.1, RFC 7636 §4.3
 */
export function buildAuthorizationUrl(
  metadata: ProviderMetadata,
  configuration: OidcConnectorConfiguration,
  login: LoginTransaction,
): URL {
  const parameters: Readonly<Record<string, string>> = {
    ...configuration.authorizationParameters,
    ...(login.loginHint !== undefined && { login_hint: login.loginHint }),
    ...(login.forceLogin === true && { prompt: "login" }),
    response_type: "code",
    client_id: configuration.clientId,
    redirect_uri: login.redirectUri,
    scope: configuration.scopes.join(" "),
    state: login.state,
    ...(configuration.nonce && { nonce: login.nonce }),
    ...(configuration.pkce && { code_challenge: challengeOf(login.codeVerifier), code_challenge_method: "S256" }),
  };
  const url = new URL(metadata.authorizationEndpoint);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

function challengeOf(codeVerifier: string): string {
  return createHash("sha256").update(codeVerifier).digest("base64url");
}
