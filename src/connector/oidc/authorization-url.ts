import { createHash } from "node:crypto";
import type { OidcConnectorConfiguration } from "../../config/connector-configuration.ts";
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
    ...(configuration.pkce !== undefined && codeChallenge(configuration.pkce, login.codeVerifier)),
  };
  const url = new URL(metadata.authorizationEndpoint);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

function codeChallenge(method: "S256" | "plain", codeVerifier: string): Readonly<Record<string, string>> {
  const challenge = method === "plain" ? codeVerifier : createHash("sha256").update(codeVerifier).digest("base64url");
  return { code_challenge: challenge, code_challenge_method: method };
}
