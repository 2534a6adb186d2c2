import type { OidcConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { RedirectConnector } from "../connector.ts";
import { buildAuthorizationUrl } from "./authorization-url.ts";
import { endSessionUrl } from "./end-session-url.ts";
import { createCompatibleConnector } from "./oauth2-proxy/compatible-connector.ts";
import { createUpstream, type OidcConnectorDeps } from "./oidc-upstream.ts";
import { redeemCode } from "./redeem-code.ts";
import { refreshTokenOf, renewLogin } from "./renew-login.ts";

/**
 * An OpenID Connect provider as upstream: the authorization code flow with PKCE, `state` and `nonce`.
 *
 * Its metadata is discovered in the background from the moment this is called, until `close`.
 *
 * @see OpenID Connect Core §3.1
 */
export function createOidcConnector(
  deps: OidcConnectorDeps,
  configuration: OidcConnectorConfiguration,
): RedirectConnector {
  if (configuration.claimRules === "oauth2-proxy") return createCompatibleConnector(deps, configuration);
  const upstream = createUpstream(deps, configuration);
  const { discovery } = upstream;
  return {
    kind: "redirect",
    type: "oidc",
    id: configuration.id,
    name: configuration.name,
    status: () => discovery.status(),
    authorizationUrl: async (login) => buildAuthorizationUrl(await discovery.get(), configuration, login),
    redeem: (callback, login) => redeemCode(upstream, callback, login),
    canRefresh: (login) => refreshTokenOf(login) !== undefined,
    refresh: (login) => renewLogin(upstream, login),
    endSessionUrl: (login, postLogoutRedirectUri) => endSessionUrl(upstream, login, postLogoutRedirectUri),
    close: () => discovery.close(),
  };
}
