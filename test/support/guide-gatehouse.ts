import type { Allow } from "../../src/config/configuration.ts";
import { createTrustedProxies } from "../../src/http/client-address.ts";
import { queryOf } from "../../src/http/request-target.ts";
import { withErrorResponses } from "../../src/http/error-response.ts";
import { createRouter } from "../../src/http/router.ts";
import { createProxyRoutes } from "../../src/proxy/proxy-routes.ts";
import { serve } from "../../src/runtime/serve.ts";
import type { Session } from "../../src/session/session.ts";
import type { Log } from "../../src/telemetry/log.ts";

export interface GuideGatehouse {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/**
 * The deciding half of the proxy on a real port, for tests of gateways and bytes: a `session=admin` cookie is a signed-in
 * administrator, and the sign-in page says where it leads back to instead of asking for a password.
 */
export async function startGuideGatehouse(options: { readonly appHost: string }): Promise<GuideGatehouse> {
  const everyone: Allow = { everyone: true, groups: [], emails: [], emailDomains: [] };
  const admins: Allow = { ...everyone, everyone: false, groups: ["admins"] };
  const proxy = createProxyRoutes({
    configuration: {
      publicUrl: "https://auth.example.com",
      pathPrefix: "/oauth2",
      admission: everyone,
      apps: [
        {
          host: options.appHost,
          name: "wiki",
          access: { kind: "allow", allow: admins },
          rules: [{ paths: ["/healthz"], methods: ["GET"], access: { kind: "public" } }],
        },
        { host: "open.example.com", name: "open", access: { kind: "public" }, rules: [] },
      ],
      returnHosts: [],
    },
    sessions: {
      load: (request) =>
        (request.headers.get("cookie") ?? "").includes("session=admin")
          ? { session: ADMIN, setCookies: [] }
          : { setCookies: [] },
    },
    trustedProxies: createTrustedProxies(["127.0.0.1"]),
    signInUrl: (target) => `https://auth.example.com/oauth2/start?rd=${encodeURIComponent(target)}`,
    pages: { error: (_request, model) => new Response(model.message, { status: model.status }) },
    clock: () => 0,
    log: SILENT,
    metrics: { decision: () => {} },
    ready: () => [],
  });
  const start = {
    path: "/oauth2/start",
    handle: (request: Request) => new Response(new URLSearchParams(queryOf(request)).get("rd")),
  };
  const handler = withErrorResponses(
    { log: SILENT, renderPage: (_request, page) => new Response(page.message, { status: page.status }) },
    createRouter([...proxy.routes, start], () => new Response("no such route", { status: 404 })),
  );
  const server = await serve({ host: "127.0.0.1", port: 0, handler, log: SILENT });
  return { port: server.port, stop: () => server.stop(0) };
}

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, with: () => SILENT };

const ADMIN: Session = {
  id: "admin",
  connectorId: "local",
  identity: {
    userId: "admin-id",
    username: "Jürgen",
    preferredUsername: "Jürgen 🎉",
    email: "admin@example.com",
    emailVerified: true,
    groups: ["admins", "a,b"],
  },
  tokens: {},
  createdAt: 0,
  refreshedAt: 0,
  expiresAt: 0,
};
