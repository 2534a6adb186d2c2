import type { ProxyConfiguration } from "../config/configuration.ts";
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
import { createGate, type Gate } from "./gate.ts";
import { plainText, type ReadyCheck, renderReadiness } from "./readiness.ts";
import { renderUserinfo } from "./userinfo.ts";

export interface ProxyDeps {
  readonly configuration: ProxyConfiguration;
  readonly sessions: Pick<SessionKeeper, "load">;
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
  /** For our own reverse proxy. */
  readonly gate: Gate;
}

/**
 * The deciding half of the proxy: the endpoints that gateways ask, and the gate of our own reverse proxy.
 *
 * - `{prefix}/auth` (202) and `/authz/auth-request` (200) for nginx, `/authz/forward-auth` for Traefik and Caddy; everything
 *   below the last two as well
 * - `{prefix}/userinfo`, `/ping`, `/ready`
 */
export function createProxyRoutes(deps: ProxyDeps): Proxy {
  const policy = createPolicy(deps.configuration);
  const bound: Bound = { ...deps, policy, renderDenied: createRenderDenied(deps) };
  const publicScheme = deps.configuration.publicUrl.startsWith("https:") ? "https" : "http";
  return {
    routes: [...checks(bound), ...statements(bound)],
    policy,
    gate: createGate({ ...bound, publicScheme }),
  };
}

interface Bound extends ProxyDeps {
  readonly policy: Policy;
  readonly renderDenied: RenderDenied;
}

/** Where gateways ask. */
function checks(deps: Bound): readonly Route[] {
  const allowHeaders = createAllowHeaders();
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

/** Who is signed in, and how we are. */
function statements(deps: Bound): readonly Route[] {
  return [
    { path: `${deps.configuration.pathPrefix}/userinfo`, handle: (request) => userinfo(deps, request) },
    { path: "/ping", handle: () => plainText(200, "OK") },
    { path: "/ready", handle: async () => renderReadiness(await deps.ready()) },
  ];
}

async function userinfo(deps: Bound, request: Request): Promise<Response> {
  const { session, setCookies } = await deps.sessions.load(request);
  const identity = session !== undefined && deps.policy.admits(session.identity) ? session.identity : undefined;
  return renderUserinfo(identity, setCookies);
}
