import type { Foundation, Room } from "./app.ts";
import type { ProxyConfiguration } from "./config/configuration.ts";
import { redirect } from "./http/redirect.ts";
import { hostOf, pathAndQueryOf, pathOf } from "./http/request-target.ts";
import type { Handler, Route } from "./http/handler.ts";
import type { LoginDeps } from "./login/login-deps.ts";
import { createLoginRoutes, signInUrl } from "./login/login-routes.ts";
import type { ReturnTarget, ReturnTargetRules } from "./protocol/return-target.ts";
import { type Proxy, createProxyRoutes } from "./proxy/proxy-routes.ts";
import { readiness } from "./telemetry-handler.ts";

/** The proxy's room: the gateways' endpoints, signing in and out, and the reverse proxy in front of applications. */
export async function createProxyRoom(foundation: Foundation, proxy: ProxyConfiguration): Promise<Room> {
  const doors = createProxyRoutes({
    ...foundation,
    configuration: proxy,
    signInUrl: (target) => signInUrl(proxy, target),
    ready: () => readiness(foundation),
  });
  const login = createLoginRoutes(loginDeps(foundation, proxy, doors));
  const routes = [...doors.routes, ...login, homeRoute(foundation, proxy)];
  return { routes, ...(await createApplications(foundation, proxy, doors)), start: () => undefined };
}

function loginDeps(foundation: Foundation, proxy: ProxyConfiguration, doors: Proxy): LoginDeps {
  const { publicUrl, pathPrefix } = proxy;
  return {
    ...foundation,
    clientAddress: foundation.trustedProxies.clientAddress,
    admits: doors.policy.admits,
    applicationOf: (target) => applicationOf(foundation, proxy, target),
    settings: {
      publicUrl,
      pathPrefix,
      callbackUrl: `${publicUrl}${pathPrefix}/callback`,
      returnTargets: returnTargetRules(foundation, proxy),
      secureCookies: foundation.configuration.cookie.secure,
    },
  };
}

/** Our own host, the applications' hosts, the cookie domain's hosts on our own port, and what is listed. */
function returnTargetRules(foundation: Foundation, proxy: ProxyConfiguration): ReturnTargetRules {
  const { host, port } = new URL(proxy.publicUrl);
  const { domains: cookieDomains } = foundation.configuration.cookie;
  const domains = cookieDomains.flatMap((domain) => [`.${domain}`, ...(port === "" ? [] : [`.${domain}:${port}`])]);
  return { hosts: [host, ...proxy.apps.map((app) => app.host), ...domains, ...proxy.returnHosts] };
}

/** The name of the application or client that a login is for, from our own configuration and storage only. */
async function applicationOf(
  foundation: Foundation,
  proxy: ProxyConfiguration,
  target: ReturnTarget,
): Promise<string | undefined> {
  if (!target.startsWith("/")) {
    const { host } = new URL(target);
    return proxy.apps.find((app) => app.host === host)?.name ?? host;
  }
  const id = new URLSearchParams(target.slice(target.indexOf("?") + 1)).get("req");
  const request = id === null ? undefined : await foundation.store.authRequests.find(id);
  const client = request === undefined ? undefined : await foundation.store.clients.find(request.clientId);
  return client?.name;
}

/** `/` of our own host: who is signed in, and a way out; or the way in. */
function homeRoute({ sessions, pages }: Foundation, { pathPrefix }: ProxyConfiguration): Route {
  return {
    path: "/",
    methods: ["GET"],
    handle: async (request) => {
      const { session, setCookies } = await sessions.load(request);
      if (session === undefined) return redirect(302, `${pathPrefix}/sign_in`, setCookies);
      const { username, email, userId } = session.identity;
      const userName = username || email || userId;
      return pages.signOut(request, { action: `${pathPrefix}/sign_out`, userName, hidden: {} });
    },
  };
}

/** The hosts of applications that we are the reverse proxy of. Its code is loaded only when there is one. */
async function createApplications(
  foundation: Foundation,
  proxy: ProxyConfiguration,
  doors: Proxy,
): Promise<Pick<Room, "applications" | "close">> {
  if (!proxy.apps.some((app) => app.upstream !== undefined)) return { close: () => undefined };
  const { createReverseProxy } = await import("./proxy/upstream/reverse-proxy.ts");
  const { createHttpClient } = await import("./runtime/http-client/create-http-client.ts");
  const { connectWebSocket } = await import("./runtime/connect-web-socket.ts");
  const client = createHttpClient();
  const forward = createReverseProxy({ ...foundation, exchange: client.exchange, connectWebSocket, proxy, doors });
  const { host: publicHost } = new URL(proxy.publicUrl);
  const ownPaths = `${proxy.pathPrefix}/`;
  const application: Handler = (request, peer) => forward.handle(request, peer);
  const toPublicHost: Handler = (request) => redirect(302, `${proxy.publicUrl}${pathAndQueryOf(request)}`);
  return {
    applications(request) {
      const host = hostOf(request);
      if (host === publicHost || !forward.isApplication(host)) return undefined;
      return pathOf(request).startsWith(ownPaths) ? toPublicHost : application;
    },
    close: () => client.close(),
  };
}
