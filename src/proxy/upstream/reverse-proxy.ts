import type { AppConfiguration, Configuration, ProxyConfiguration } from "../../config/configuration.ts";
import type { HeaderField } from "../../http/exchange.ts";
import type { Peer } from "../../http/handler.ts";
import { PublicError } from "../../protocol/public-error.ts";
import type { Session, SessionKeeper } from "../../session/session.ts";
import { createFindApp } from "../app-match.ts";
import type { Gate, GateResult } from "../gate.ts";
import { upstreamIdentityHeaders } from "../identity-headers.ts";
import { rememberBySession } from "../remember-by-session.ts";
import { rememberAnswers } from "./dropped-headers.ts";
import { createOwnCookieNames } from "./own-cookies.ts";
import type { UpstreamDeps } from "./transport.ts";
import { createUpstream, type ForwardContext, type Upstream } from "./upstream.ts";

export interface ReverseProxyDeps extends UpstreamDeps {
  readonly configuration: Pick<Configuration, "cookie">;
  readonly proxy: Pick<ProxyConfiguration, "apps">;
  /** The deciding half. */
  readonly doors: { readonly gate: Gate };
  readonly sessions: Pick<SessionKeeper, "onEnd">;
  readonly trustedProxies: { clientAddress(request: Request, peer: Peer): string };
}

export interface ReverseProxy {
  /** Are we the reverse proxy of this host? With a port that is not the scheme's own; in lower case. */
  isApplication(host: string): boolean;
  /**
   * Decide about a request to an application's host, and forward it.
   * @throws {PublicError} as the gate and `Upstream.forward` do.
   */
  handle(request: Request, peer: Peer): Response | Promise<Response>;
}

/** The applications that Gatehouse itself stands in front of. */
export function createReverseProxy(deps: ReverseProxyDeps): ReverseProxy {
  const upstreams = new Map<AppConfiguration, Upstream>();
  for (const app of deps.proxy.apps) {
    if (app.upstream !== undefined) upstreams.set(app, createUpstream(deps, app.upstream));
  }
  const bound: Bound = {
    ...deps,
    upstreams,
    ownCookieNames: createOwnCookieNames(deps.configuration.cookie.name),
    identityHeadersOf: rememberBySession(upstreamIdentityHeaders),
  };
  return {
    isApplication: createIsApplication(deps.proxy.apps),
    handle: (request, peer) => {
      const result = deps.doors.gate(request, peer);
      if (!(result instanceof Promise)) return pass(bound, { request, peer }, result);
      return result.then((later) => pass(bound, { request, peer }, later));
    },
  };
}

interface Bound extends ReverseProxyDeps {
  readonly upstreams: ReadonlyMap<AppConfiguration, Upstream>;
  readonly ownCookieNames: (name: string) => boolean;
  readonly identityHeadersOf: (session: Session | undefined) => readonly HeaderField[];
}

interface Asked {
  readonly request: Request;
  readonly peer: Peer;
}

function pass(deps: Bound, { request, peer }: Asked, result: GateResult): Response | Promise<Response> {
  if (result.outcome === "answer") {
    deps.metrics.request("application", result.response.status);
    return result.response;
  }
  const { app, target, session, setCookies } = result;
  const upstream = deps.upstreams.get(app);
  if (upstream === undefined) {
    const publicMessage = "There is no application under this address.";
    throw new PublicError({ status: 404, code: "no_app", publicMessage });
  }
  const context: ForwardContext = {
    target: `${target.path}${target.search}`,
    identityHeaders: deps.identityHeadersOf(session),
    clientAddress: clientAddress(deps, request, peer),
    scheme: target.scheme,
    ownCookieNames: deps.ownCookieNames,
    setCookies,
    ...(session === undefined ? {} : { session: endOf(deps, session) }),
  };
  return upstream.forward(request, peer, context);
}

/** Without a chain to walk it is the peer's own address, whoever is trusted. */
function clientAddress({ trustedProxies }: Bound, request: Request, peer: Peer): string {
  return request.headers.has("x-forwarded-for") ? trustedProxies.clientAddress(request, peer) : peer.address();
}

function endOf({ sessions }: Bound, { id, expiresAt }: Session): NonNullable<ForwardContext["session"]> {
  return { expiresAt, onEnd: (listener) => sessions.onEnd(id, listener) };
}

function createIsApplication(apps: readonly AppConfiguration[]): ReverseProxy["isApplication"] {
  const findApp = createFindApp(apps);
  return rememberAnswers((text) => {
    const [, host = "", port = ""] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
    return findApp({ method: "GET", scheme: "http", host, port, path: "/", search: "" })?.upstream !== undefined;
  });
}
