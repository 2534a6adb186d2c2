import type { OidcOptions } from "../../../config/connector-configuration.ts";
import type { RedirectConnector } from "../../connector.ts";
import { buildAuthorizationUrl } from "../authorization-url.ts";
import { endSessionUrl } from "../end-session-url.ts";
import { createUpstream, type OidcConnectorDeps } from "../oidc-upstream.ts";
import { refreshTokenOf } from "../renew-login.ts";
import { redeem } from "./redeem.ts";
import { renew } from "./renew.ts";
import { validate } from "./validate.ts";
import type { OidcVendor } from "./vendor.ts";
import { verifyBearer } from "./verify-bearer.ts";

/**
 * An OpenID Connect provider with oauth2-proxy's rules, of any vendor.
 *
 * @param vendor where it differs from plain OpenID Connect.
 * @throws {Error} in words for the operator when a configured key or algorithm is not usable.
 */
export function createCompatibleConnector(
  deps: OidcConnectorDeps,
  configuration: OidcOptions & { readonly type: string },
  vendor: OidcVendor = {},
): RedirectConnector {
  const upstream = createUpstream(deps, configuration);
  const { discovery } = upstream;
  return {
    kind: "redirect",
    type: configuration.type,
    id: configuration.id,
    name: configuration.name,
    status: () => discovery.status(),
    authorizationUrl: async (login) => {
      const url = buildAuthorizationUrl(await discovery.get(), configuration, login);
      vendor.adjustAuthorization?.(url.searchParams, login);
      return url;
    },
    redeem: (callback, login) => redeem(upstream, vendor, callback, login),
    canRefresh: (login) => refreshTokenOf(login) !== undefined,
    refresh: (login) => renew(upstream, vendor, login),
    validate: (login, renewed = false) => validate(upstream, vendor, login, renewed),
    verifyBearer: (token) => verifyBearer(upstream, vendor, token),
    endSessionUrl: (login, postLogoutRedirectUri) => endSessionUrl(upstream, login, postLogoutRedirectUri),
    close: () => discovery.close(),
  };
}
