import type { OidcConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Clock } from "../../protocol/clock.ts";
import type { Login } from "../../protocol/identity.ts";
import type { Log } from "../../telemetry/log.ts";
import type { RedirectConnector } from "../connector.ts";
import { buildAuthorizationUrl } from "./authorization-url.ts";
import { Discovery, type Schedule, systemSchedule } from "./discovery.ts";
import type { OidcUpstream } from "./oidc-upstream.ts";
import { redeemCode } from "./redeem-code.ts";
import { RemoteKeys } from "./remote-keys.ts";
import { refreshTokenOf, renewLogin } from "./renew-login.ts";
import type { Fetch } from "./upstream-request.ts";

export interface OidcConnectorDeps {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly log: Log;
  /** Between 0 and 1, spreads retries. Default `Math.random`. */
  readonly random?: () => number;
  /** Default: the system's timers. */
  readonly schedule?: Schedule;
}

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
  const { clock, fetch, random = Math.random, schedule = systemSchedule } = deps;
  const log = deps.log.with({ connector: configuration.id });
  const discovery = new Discovery({ fetch, log, random, schedule }, configuration.issuer);
  const keys = new RemoteKeys({ clock, fetch });
  const upstream: OidcUpstream = { clock, fetch, log, configuration, discovery, keys, clientAuthentication: {} };
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

/** OpenID Connect RP-Initiated Logout 1.0 §2. */
function endSessionUrl(upstream: OidcUpstream, login: Login, postLogoutRedirectUri: string): URL | undefined {
  const endpoint = upstream.discovery.current?.endSessionEndpoint;
  if (endpoint === undefined) return undefined;
  const url = new URL(endpoint);
  if (login.tokens.idToken !== undefined) url.searchParams.set("id_token_hint", login.tokens.idToken);
  url.searchParams.set("client_id", upstream.configuration.clientId);
  url.searchParams.set("post_logout_redirect_uri", postLogoutRedirectUri);
  return url;
}
