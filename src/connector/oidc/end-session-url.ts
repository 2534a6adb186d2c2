import type { Login } from "../../protocol/identity.ts";
import type { OidcUpstream } from "./oidc-upstream.ts";

/**
 * Where the browser signs out at the upstream.
 *
 * @returns undefined when the upstream offers no such thing.
 * @see OpenID Connect RP-Initiated Logout 1.0 §2
 */
export function endSessionUrl(
  upstream: OidcUpstream,
  login: Login,
  postLogoutRedirectUri: string | undefined,
): URL | undefined {
  const endpoint = upstream.discovery.current?.endSessionEndpoint;
  if (endpoint === undefined) return undefined;
  const url = new URL(endpoint);
  if (login.tokens.idToken !== undefined) url.searchParams.set("id_token_hint", login.tokens.idToken);
  url.searchParams.set("client_id", upstream.configuration.clientId);
  if (postLogoutRedirectUri !== undefined) url.searchParams.set("post_logout_redirect_uri", postLogoutRedirectUri);
  return url;
}
