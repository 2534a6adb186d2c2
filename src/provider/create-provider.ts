import type { Route } from "../http/handler.ts";
import { approvalStep } from "./authorize/approval-step.ts";
import { authorizationEndpoint } from "./authorize/authorization-endpoint.ts";
import { callbackStep } from "./authorize/callback-step.ts";
import { connectorStep } from "./authorize/connector-step.ts";
import { passwordStep } from "./authorize/password-step.ts";
import { withShownErrors } from "./authorize/shown-error.ts";
import { createDiscovery } from "./discovery.ts";
import { html } from "../pages/html.ts";
import { introspect } from "./introspect.ts";
import { keysEndpoint } from "./keys-endpoint.ts";
import { endSession } from "./logout/end-session.ts";
import { type ProviderContext, type ProviderDeps, isNative } from "./provider-deps.ts";
import { revoke } from "./revoke.ts";
import { createSigningKeys } from "./signing-keys/create-signing-keys.ts";
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
  const keys = createSigningKeys(
    { keys: store.keys, clock, log },
    {
      algorithm: configuration.signing.algorithm,
      rotationSeconds: configuration.signing.rotationSeconds,
      verifySeconds: configuration.idTokenSeconds,
    },
  );
  const tokens = createTokenVerifier({ issuer: configuration.issuer, keys, revokedTokens: store.revokedTokens, clock });
  const root = new URL(configuration.issuer).pathname.replace(/\/$/, "");
  const provider: ProviderContext = { ...deps, root, keys, tokens };
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

function routesOf(provider: ProviderContext): readonly Route[] {
  const discovery = createDiscovery(provider);
  return [
    { path: "/.well-known/openid-configuration", handle: discovery },
    { path: "/keys", handle: () => keysEndpoint(provider) },
    page(provider, "/auth", (request) => authorizationEndpoint(provider, request)),
    page(provider, "/approval", (request) => approvalStep(provider, request)),
    { path: "/token", handle: (request) => tokenEndpoint(provider, request) },
    { path: "/token/introspect", handle: (request) => introspect(provider, request) },
    { path: "/userinfo", handle: (request) => userinfo(provider, request) },
    ...(isNative(provider) ? [{ path: "/token/revoke", handle: (request: Request) => revoke(provider, request) }] : []),
    ...(provider.dialect === "dex" ? dexRoutes(provider) : []),
    ...(provider.sharedSession === undefined ? ownLoginRoutes(provider) : logoutRoutes(provider)),
  ];
}

/** dex's own pages, where people log in at every authorization request. */
function ownLoginRoutes(provider: ProviderContext): readonly Route[] {
  return [
    {
      path: "/auth/:connector",
      handle: (request, _peer, { connector = "" }) =>
        withShownErrors(provider, request, () => connectorStep(provider, request, connector)),
    },
    {
      path: "/auth/:connector/login",
      handle: (request, peer, { connector = "" }) =>
        withShownErrors(provider, request, () => passwordStep(provider, request, peer, connector)),
    },
    page(provider, "/callback", (request) => callbackStep(provider, request, undefined)),
    {
      path: "/callback/:connector",
      handle: (request, _peer, { connector }) =>
        withShownErrors(provider, request, () => callbackStep(provider, request, connector)),
    },
  ];
}

/** What dex's neighbours look at besides: probes, crawlers, and people who open the issuer. */
function dexRoutes({ configuration }: ProviderContext): readonly Route[] {
  const discovery = `${configuration.issuer}/.well-known/openid-configuration`;
  const home = html`<!DOCTYPE html><title>OpenID Connect provider</title>
    <p><a href="${discovery}">Discovery</a></p>`;
  return [
    fixed("", String(home), "text/html; charset=utf-8"),
    fixed("/robots.txt", "User-agent: *\nDisallow: /", "text/plain; charset=utf-8"),
    fixed("/healthz", "Health check passed", "text/plain; charset=utf-8"),
  ];
}

const CLOSED = { "Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff" };

function fixed(path: string, body: string, type: string): Route {
  return { path, handle: () => new Response(body, { headers: { "Content-Type": type, ...CLOSED } }) };
}

function logoutRoutes(provider: ProviderContext): readonly Route[] {
  const { sharedSession } = provider;
  if (sharedSession === undefined) return [];
  return [page(provider, "/logout", (request) => endSession(provider, sharedSession, request))];
}

/** An endpoint that people see: its errors are pages, or go to the client. */
function page(provider: ProviderContext, path: string, step: (request: Request) => Promise<Response>): Route {
  return { path, handle: (request) => withShownErrors(provider, request, () => step(request)) };
}
