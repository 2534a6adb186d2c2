import { createHash } from "node:crypto";
import type { OidcOptions } from "../../config/connector-configuration.ts";
import type { LoginTransaction } from "../connector.ts";
import type { ProviderMetadata } from "./provider-metadata.ts";
import { unreachable } from "./upstream-request.ts";

/**
 * The authorization request: the code flow with `state`, and with `nonce` and PKCE where they are configured.
 *
 * The endpoint's own query is kept. More parameters are added, those of the login before configured ones, but none replaces
 * one of the protocol's. They come out sorted by name.
 *
 * @throws {ConnectorError} `unreachable` when no endpoint is known.
 * @see OpenID Connect Core §3.1.2.1, RFC 7636 §4.3
 */
export function buildAuthorizationUrl(
  metadata: ProviderMetadata,
  configuration: OidcOptions,
  login: LoginTransaction,
): URL {
  const url = URL.parse(metadata.authorizationEndpoint);
  if (url === null) throw unreachable("no authorization endpoint is configured");
  const own = protocolParameters(configuration, login);
  const more: Readonly<Record<string, readonly string[]>> = {
    ...mapValues(configuration.authorizationParameters),
    ...(login.loginHint !== undefined && { login_hint: [login.loginHint] }),
    ...login.parameters,
    ...(login.forceLogin === true && { prompt: ["login"] }),
  };
  for (const [name, values] of Object.entries(more)) {
    if (!Object.hasOwn(own, name)) values.forEach((value) => url.searchParams.append(name, value));
  }
  for (const [name, value] of Object.entries(own)) url.searchParams.set(name, value);
  url.searchParams.sort();
  return url;
}

function protocolParameters(configuration: OidcOptions, login: LoginTransaction): Readonly<Record<string, string>> {
  return {
    response_type: "code",
    client_id: configuration.clientId,
    redirect_uri: login.redirectUri,
    scope: configuration.scopes.join(" "),
    state: login.state,
    ...(configuration.nonce && { nonce: login.nonce }),
    ...(configuration.pkce !== undefined && codeChallenge(configuration.pkce, login.codeVerifier)),
  };
}

function mapValues(parameters: Readonly<Record<string, string>>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]]));
}

/** What an authorization request says of its verifier (RFC 7636 §4.3). */
export function codeChallenge(method: "S256" | "plain", codeVerifier: string): Readonly<Record<string, string>> {
  const challenge = method === "plain" ? codeVerifier : createHash("sha256").update(codeVerifier).digest("base64url");
  return { code_challenge: challenge, code_challenge_method: method };
}
