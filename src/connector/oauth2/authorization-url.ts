import { createHash } from "node:crypto";
import type { OAuth2Options } from "../../config/connector-configuration.ts";
import { goQuery } from "../../protocol/go-query.ts";
import type { LoginTransaction } from "../connector.ts";

/**
 * The authorization request: the endpoint with its own query and the protocol's parameters, sorted by name.
 *
 * Parameters of the login are added, but never replace one of the protocol's.
 *
 * @param own the vendor's own protocol parameters, such as a nonce.
 * @see RFC 6749 §4.1.1, RFC 7636 §4.3
 */
export function buildAuthorizationUrl(
  endpoint: URL,
  configuration: OAuth2Options,
  login: LoginTransaction,
  own: Readonly<Record<string, string>> = {},
): URL {
  const protocol: Readonly<Record<string, string>> = {
    client_id: configuration.clientId,
    redirect_uri: login.redirectUri,
    response_type: "code",
    state: login.state,
    ...(configuration.pkce && codeChallenge(configuration.pkce, login.codeVerifier)),
    ...own,
  };
  const free = (name: string): boolean => !Object.hasOwn(protocol, name);
  const query = [
    ...[...endpoint.searchParams].filter(([name]) => free(name)),
    ["scope", configuration.scopes.join(" ")] as const,
    ...additionalParameters(login).filter(([name]) => free(name) && name !== "scope"),
    ...Object.entries(protocol),
  ];
  const url = new URL(endpoint);
  url.search = goQuery(query);
  return url;
}

function additionalParameters(login: LoginTransaction): readonly (readonly [string, string])[] {
  const given = login.parameters ?? {};
  const asked = {
    ...(login.loginHint !== undefined && { login_hint: login.loginHint }),
    ...(login.forceLogin === true && { prompt: "login" }),
  };
  return [
    ...Object.entries(given).flatMap(([name, values]) => values.map((value) => [name, value] as const)),
    ...Object.entries(asked).filter(([name]) => !Object.hasOwn(given, name)),
  ];
}

function codeChallenge(method: "S256" | "plain", codeVerifier: string): Readonly<Record<string, string>> {
  const challenge = method === "plain" ? codeVerifier : createHash("sha256").update(codeVerifier).digest("base64url");
  return { code_challenge: challenge, code_challenge_method: method };
}
