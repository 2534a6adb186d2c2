import type { Configuration, ProxyConfiguration } from "../config/configuration.ts";
import type { Route } from "../http/handler.ts";
import type { Pages } from "../pages/pages.ts";
import type { Clock } from "../protocol/clock.ts";
import type { SessionKeeper } from "../session/session.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { createCheck } from "./check.ts";
import { createPolicy, type Policy } from "./decide.ts";
import { createRenderDenied, type RenderDenied } from "./denied-response.ts";
import { createAuthRequestDialect } from "./forward-auth/auth-request.ts";
import { createAllowHeaders, type Dialect, type SignInUrl } from "./forward-auth/dialect.ts";
import { createForwardAuthDialect } from "./forward-auth/forward-auth.ts";
import { createOAuth2ProxyDialect } from "./forward-auth/oauth2-proxy.ts";
import { createGate, type Gate } from "./gate.ts";
import type { IdentityHeaderRules } from "./identity-headers.ts";
import { plainText, type ReadyCheck, renderOriginalReadiness, renderReadiness } from "./readiness.ts";
import { renderUserinfo } from "./userinfo.ts";

export interface ProxyDeps {
  readonly configuration: ProxyConfiguration;
  readonly dialect: Configuration["dialect"];
  readonly sessions: Pick<SessionKeeper, "load" | "end">;
  readonly trustedProxies: { trusts(address: string): boolean };
  /** Absolute URL where a browser signs in and comes back from to the return target, which is escaped in it. */
  readonly signInUrl: SignInUrl;
  readonly pages: Pick<Pages, "error">;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, "decision">;
  /** What this process depends on, as it is now. */
  readonly ready: () => readonly ReadyCheck[] | Promise<readonly ReadyCheck[]>;
}

export interface Proxy {
  readonly routes: readonly Route[];
  readonly policy: Policy;
  /** How identity headers are written, for the reverse proxy. */
  readonly headerRules: IdentityHeaderRules;
  /** For our own reverse proxy. */
  readonly gate: Gate;
}

/**
 * The deciding half of the proxy: the endpoints that gateways ask, and the gate of our own reverse proxy.
 *
 * - `{prefix}/auth` (202) and `{prefix}/userinfo`, `/ping`, `/ready`
 * - native only: `/authz/auth-request` (nginx) and `/authz/forward-auth` (Traefik, Caddy), and everything below them
 */
export function createProxyRoutes(deps: ProxyDeps): Proxy {
  const isOriginal = deps.dialect === "oauth2-proxy";
  const policy = createPolicy(deps.configuration, { verifiedEmailOnly: !isOriginal });
  const headerRules: IdentityHeaderRules = {
    ...deps.configuration.headers,
    style: isOriginal ? "oauth2-proxy" : "native",
  };
  const renderDenied = createRenderDenied(deps);
  const bound: Bound = { ...deps, policy, headerRules, renderDenied };
  return {
    routes: [...(isOriginal ? originalRoutes(bound) : nativeRoutes(bound)), ...commonRoutes(bound, isOriginal)],
    policy,
    headerRules,
    gate: createGate({
      ...bound,
      publicScheme: deps.configuration.callbackUrl.startsWith("https:") ? "https" : "http",
    }),
  };
}

interface Bound extends ProxyDeps {
  readonly policy: Policy;
  readonly headerRules: IdentityHeaderRules;
  readonly renderDenied: RenderDenied;
}

const NO_STORE = { "Cache-Control": "no-store" };

function nativeRoutes(deps: Bound): readonly Route[] {
  const allowHeaders = createAllowHeaders(deps.headerRules, NO_STORE, 1);
  const { signInUrl, renderDenied } = deps;
  const auth = createAuthRequestDialect({ allowHeaders, signInUrl, allowStatus: 202 });
  const authRequest = createAuthRequestDialect({ allowHeaders, signInUrl, allowStatus: 200 });
  const forwardAuth = createForwardAuthDialect({ allowHeaders, renderDenied });
  return [
    { path: `${deps.configuration.pathPrefix}/auth`, handle: createCheck(deps, auth, { ownQuery: true }) },
    ...withEverythingBelow(deps, "/authz/auth-request", authRequest),
    ...withEverythingBelow(deps, "/authz/forward-auth", forwardAuth),
  ];
}

/** Some gateways append the path that the client asked for. */
function withEverythingBelow(deps: Bound, path: string, dialect: Dialect): readonly Route[] {
  return [
    { path, handle: createCheck(deps, dialect, { ownQuery: true }) },
    { path: `${path}/*`, handle: createCheck(deps, dialect, { ownQuery: false }) },
  ];
}

function originalRoutes(deps: Bound): readonly Route[] {
  const allowHeaders = createAllowHeaders(deps.headerRules, {}, Number.POSITIVE_INFINITY);
  const endSession = (request: Request): Promise<readonly string[]> => deps.sessions.end(request);
  const auth = createOAuth2ProxyDialect({ allowHeaders, endSession });
  return [{ path: `${deps.configuration.pathPrefix}/auth`, handle: createCheck(deps, auth, { ownQuery: true }) }];
}

function commonRoutes(deps: Bound, isOriginal: boolean): readonly Route[] {
  return [
    { path: `${deps.configuration.pathPrefix}/userinfo`, handle: (request) => userinfo(deps, request) },
    { path: "/ping", handle: () => plainText(200, "OK") },
    {
      path: "/ready",
      handle: async () => (isOriginal ? renderOriginalReadiness : renderReadiness)(await deps.ready()),
    },
  ];
}

async function userinfo(deps: Bound, request: Request): Promise<Response> {
  const { session, setCookies } = await deps.sessions.load(request);
  const identity = session !== undefined && deps.policy.admits(session.identity) ? session.identity : undefined;
  return renderUserinfo(identity, setCookies);
}
