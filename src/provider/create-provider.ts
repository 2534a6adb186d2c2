import { withCors } from "../http/cors.ts";
import type { Peer, Route } from "../http/handler.ts";
import { approvalStep } from "./authorize/approval-step.ts";
import { authorizationEndpoint } from "./authorize/authorization-endpoint.ts";
import { type CountRequest, createRequestCount } from "./authorize/request-count.ts";
import { callbackStep } from "./authorize/callback-step.ts";
import { connectorStep } from "./authorize/connector-step.ts";
import { passwordStep } from "./authorize/password-step.ts";
import { shownError, withShownErrors } from "./authorize/shown-error.ts";
import { deviceRoutes } from "./device/device-routes.ts";
import { createDiscovery } from "./discovery.ts";
import { introspect } from "./introspect.ts";
import { keysEndpoint } from "./keys-endpoint.ts";
import { endSession } from "./logout/end-session.ts";
import { type ProviderContext, type ProviderDeps, type SharedSession, isNative } from "./provider-deps.ts";
import { revoke } from "./revoke.ts";
import { type KeyKeeper, createSigningKeys } from "./signing-keys/create-signing-keys.ts";
import { createVaultKeys } from "./signing-keys/create-vault-keys.ts";
import { tokenEndpoint } from "./token/token-endpoint.ts";
import { userinfo } from "./userinfo.ts";
import { createTokenVerifier } from "./verify-token.ts";

export interface Provider {
  /** All below the issuer's path. */
  readonly routes: readonly Route[];
  /** Make the first signing key and rotate on time. A store that is down is tried again. */
  start(): void;
  close(): void;
}

/** How often each replica looks whether a new signing key is due. */
const ROTATION_CHECK_MILLISECONDS = 30_000;

/** The OpenID Connect provider: its endpoints, and its keys in the background. */
export function createProvider(deps: ProviderDeps): Provider {
  const { configuration, store, clock, log } = deps;
  const keys = createKeys(deps);
  const tokens = createTokenVerifier({ issuer: configuration.issuer, keys, revokedTokens: store.revokedTokens, clock });
  const baseUrl = configuration.issuer.replace(/\/$/, "");
  const root = new URL(configuration.issuer).pathname.replace(/\/$/, "");
  const provider: ProviderContext = { ...deps, baseUrl, root, keys, tokens };
  const rotate = (): void => {
    keys.rotateIfDue().catch((error: unknown) => log.warn("signing keys not checked", { cause: String(error) }));
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    routes: routesOf(provider).map((route) => ({ ...route, path: `${root}${route.path}` || "/" })),
    start() {
      rotate();
      timer = setInterval(rotate, ROTATION_CHECK_MILLISECONDS);
      timer.unref();
    },
    close: () => clearInterval(timer),
  };
}

function createKeys({ configuration, store, clock, log, fetch }: ProviderDeps): KeyKeeper {
  const { signing, idTokenSeconds } = configuration;
  if (signing.type === "vault") return createVaultKeys({ fetch, clock, log }, signing);
  return createSigningKeys({ keys: store.keys, clock, log }, { ...signing, verifySeconds: idTokenSeconds });
}

function routesOf(provider: ProviderContext): readonly Route[] {
  const { sharedSession } = provider;
  const { cors, headers } = provider.configuration;
  const count = createRequestCount(provider);
  const crossOrigin = [
    { path: "/.well-known/openid-configuration", handle: createDiscovery(provider) },
    { path: "/keys", handle: () => keysEndpoint(provider) },
    { path: "/token", handle: (request: Request, peer: Peer) => tokenEndpoint(provider, request, peer) },
    { path: "/token/introspect", handle: (request: Request) => introspect(provider, request) },
    { path: "/userinfo", handle: (request: Request) => userinfo(provider, request) },
    ...(isNative(provider) ? [] : [homePage(provider)]),
  ].map((route) => ({ ...route, handle: withCors(cors, route.handle) }));
  return [
    ...crossOrigin,
    { path: "/token/revoke", handle: (request: Request) => revoke(provider, request) },
    page(provider, "/auth", (request, peer) => authorizationEndpoint(provider, request, () => count(request, peer))),
    page(provider, "/approval", (request) => approvalStep(provider, request)),
    ...deviceRoutes(provider),
    ...(isNative(provider) ? [] : probeRoutes(provider)),
    ...(sharedSession === undefined ? ownLoginRoutes(provider, count) : logoutRoutes(provider, sharedSession)),
  ].map((route) => ({ ...route, handle: observed(provider, route.path, withHeaders(headers, route.handle)) }));
}

/** dex's own pages, where people log in at every authorization request. */
function ownLoginRoutes(provider: ProviderContext, count: CountRequest): readonly Route[] {
  return [
    page(provider, "/auth/:connector", (request, peer, { connector = "" }) =>
      connectorStep(provider, request, connector, () => count(request, peer)),
    ),
    page(provider, "/auth/:connector/login", (request, peer, { connector = "" }) =>
      passwordStep(provider, request, peer, connector),
    ),
    page(provider, "/callback", (request) => callbackStep(provider, request, undefined)),
    page(provider, "/callback/:connector", (request, _peer, { connector }) =>
      callbackStep(provider, request, connector),
    ),
  ];
}

/** For people who open the issuer. */
function homePage({ configuration, root, pages }: ProviderContext): Route {
  const model = { issuer: configuration.issuer, discoveryHref: `${root}/.well-known/openid-configuration` };
  return { path: "", handle: (request) => pages.home(request, model) };
}

/** What dex's neighbours look at besides: crawlers and probes. */
function probeRoutes(provider: ProviderContext): readonly Route[] {
  return [
    fixed("/robots.txt", "User-agent: *\nDisallow: /", "text/plain; charset=utf-8"),
    page(provider, "/healthz", async () => {
      if ((await provider.health()).failingSince !== undefined) throw shownError(500, "Health check failed.");
      return new Response("Health check passed", {
        headers: { "Content-Type": "text/plain; charset=utf-8", ...CLOSED },
      });
    }),
  ];
}

const CLOSED = { "Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff" };

function fixed(path: string, body: string, type: string): Route {
  return { path, handle: () => new Response(body, { headers: { "Content-Type": type, ...CLOSED } }) };
}

function logoutRoutes(provider: ProviderContext, sharedSession: SharedSession): readonly Route[] {
  return [page(provider, "/logout", (request) => endSession(provider, sharedSession, request))];
}

/** An endpoint that people see: its errors are pages, or go to the client. */
function page(
  provider: ProviderContext,
  path: string,
  step: (...asked: Parameters<Route["handle"]>) => Promise<Response>,
): Route {
  return { path, handle: (...asked) => withShownErrors(provider, asked[0], () => step(...asked)) };
}

/** Count an answer, and how large it is, where somebody wants to know. */
function observed(provider: ProviderContext, path: string, handle: Route["handle"]): Route["handle"] {
  const { observe } = provider;
  if (observe === undefined) return handle;
  const handler = (path || "/").replace(/:(\w+)/g, "{$1}");
  return async (request, peer, parameters) => {
    const began = performance.now();
    const response = await handle(request, peer, parameters);
    const body = await response.arrayBuffer();
    const seconds = (performance.now() - began) / 1000;
    observe({ handler, method: request.method, status: response.status, seconds, bytes: body.byteLength });
    return new Response(response.body === null ? null : body, { status: response.status, headers: response.headers });
  };
}

/** The operator's own headers, which win over ours. */
function withHeaders(headers: Readonly<Record<string, string>>, handle: Route["handle"]): Route["handle"] {
  const fields = Object.entries(headers);
  if (fields.length === 0) return handle;
  return async (request, peer, parameters) => {
    const response = await handle(request, peer, parameters);
    for (const [name, value] of fields) response.headers.set(name, value);
    return response;
  };
}
