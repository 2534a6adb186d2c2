import { type ProviderConfiguration } from "../../src/config/provider-configuration.ts";
import type { Connector } from "../../src/connector/connector.ts";
import { withErrorResponses } from "../../src/http/error-response.ts";
import type { Peer } from "../../src/http/handler.ts";
import { createRouter } from "../../src/http/router.ts";
import { createPages } from "../../src/pages/create-pages.ts";
import type { Clock } from "../../src/protocol/clock.ts";
import type { Login } from "../../src/protocol/identity.ts";
import { PublicError } from "../../src/protocol/public-error.ts";
import { createProvider } from "../../src/provider/create-provider.ts";
import { createHealth } from "../../src/provider/health.ts";
import type { Client } from "../../src/provider/storage-model.ts";
import { withStaticClients } from "../../src/store/static-overlay.ts";
import type { Store } from "../../src/store/ports.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { createMetrics } from "../../src/telemetry/create-metrics.ts";
import { Browser } from "./browser.ts";

export const CALLBACK = "http://app.test/callback";
const CREDENTIALS = `Basic ${btoa("app:app-secret")}`;

export const CLIENT: Client = {
  id: "app",
  secret: "app-secret",
  redirectUris: [CALLBACK],
  trustedPeers: [],
  public: false,
  name: "The App",
  logoUrl: "",
  allowedConnectors: [],
  postLogoutRedirectUris: [],
};

export const KILGORE: Login = {
  identity: {
    userId: "0-385-28089-0",
    username: "Kilgore Trout",
    preferredUsername: "",
    email: "kilgore@kilgore.trout",
    emailVerified: true,
    groups: ["authors"],
  },
  tokens: {},
  connectorData: Buffer.from("foobar"),
};

/** An upstream that sends everybody straight back, signed in as one person. */
export function redirectConnector(renew?: (login: Login) => Promise<Login>): Connector {
  return {
    kind: "redirect",
    id: "mock",
    type: "mock",
    name: "Mock",
    status: () => ({ reachable: true }),
    authorizationUrl: async ({ redirectUri, state }) => new URL(`${redirectUri}?state=${state}`),
    redeem: async () => KILGORE,
    ...(renew === undefined ? {} : { refresh: renew }),
  };
}

export interface ProviderServerOptions {
  readonly store: Store;
  readonly dialect?: "native" | "dex";
  readonly clock?: Clock;
  readonly connector?: Connector;
  readonly settings?: Partial<ProviderConfiguration>;
  /** Besides `app`. */
  readonly clients?: readonly Client[];
  /** Path of the issuer. Default `/dex`. */
  readonly path?: string;
  /** Default: everybody comes from the loopback. */
  readonly clientAddress?: (request: Request) => string;
}

/** The provider alone, in dex's way of logging in, behind a real server on a free port. */
export function startProvider(options: ProviderServerOptions) {
  const { store, dialect = "dex", clock = () => Date.now() / 1000 } = options;
  const connector = options.connector ?? redirectConnector(async (login) => login);
  let handler: ReturnType<typeof createRouter> = () => new Response(null, { status: 503 });
  const peer: Peer = { address: () => "127.0.0.1" };
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => handler(request, peer) });
  const issuer = `http://127.0.0.1:${server.port}${options.path ?? "/dex"}`;
  const known = { id: connector.id, name: connector.name, type: connector.type, grantTypes: [], connector };
  const log = createLog({ format: "json", level: "error", write: () => undefined });
  const pages = createPages({ branding: { name: "Test" }, readFile: () => Buffer.of(), pathPrefix: "/static" });
  const provider = createProvider({
    configuration: configurationOf(issuer, options.settings),
    dialect,
    store: withStaticClients(store, [CLIENT, ...(options.clients ?? [])]),
    leases: store.leases,
    fetch,
    connectors: { list: async () => [known], find: async (id) => (id === known.id ? known : undefined) },
    pages,
    health: createHealth({ ping: () => store.ping(), clock }),
    clock,
    log,
    metrics: createMetrics(),
    clientAddress: options.clientAddress ?? (() => "127.0.0.1"),
  });
  handler = withErrorResponses(
    { log, renderPage: (request, page) => pages.error(request, page) },
    createRouter(provider.routes, () => {
      throw new PublicError({ status: 404, code: "not_found", publicMessage: "Nothing here." });
    }),
  );
  provider.start();
  return {
    issuer,
    stop: async () => {
      provider.close();
      await server.stop(true);
    },
  };
}

function configurationOf(issuer: string, settings: Partial<ProviderConfiguration> = {}): ProviderConfiguration {
  return {
    issuer,
    clients: [],
    skipApproval: true,
    alwaysShowLoginScreen: false,
    idTokenSeconds: 86_400,
    authRequestSeconds: 86_400,
    refresh: { rotate: true, reuseIntervalSeconds: 3, absoluteLifetimeSeconds: 0, idleLifetimeSeconds: 0 },
    signing: { type: "local", algorithm: "ES256", rotationSeconds: 21_600 },
    pkce: { methods: ["S256", "plain"], enforce: false },
    sharedSession: false,
    grantTypes: ["authorization_code", "refresh_token"],
    responseTypes: ["code"],
    deviceRequestSeconds: 300,
    passwordConnector: "",
    connectorGrantTypes: {},
    cors: { origins: [], headers: [] },
    headers: {},
    ...settings,
  };
}

/** Log in through the mock upstream. @returns the code that the client gets. */
export async function codeFrom(
  issuer: string,
  scope = "openid email offline_access",
  parameters: Readonly<Record<string, string>> = {},
): Promise<string> {
  const browser = new Browser();
  const query = new URLSearchParams({
    client_id: "app",
    redirect_uri: CALLBACK,
    response_type: "code",
    scope,
    state: "s1",
    ...parameters,
  });
  let answer = await browser.request(`${issuer}/auth?${query.toString()}`);
  for (let next = inside(issuer, answer.location); next !== undefined; next = inside(issuer, answer.location)) {
    answer = await browser.request(next);
  }
  const code = new URL(answer.location ?? "http://none.test").searchParams.get("code");
  if (code === null) throw new Error(`no code: ${answer.status} ${answer.location ?? answer.body}`);
  return code;
}

/** The address of a hop at this replica, whatever the issuer is called; undefined for one that leaves the provider. */
function inside(base: string, location: string | undefined): string | undefined {
  const url = new URL(location ?? CALLBACK);
  return url.pathname.startsWith("/dex/") ? `${new URL(base).origin}${url.pathname}${url.search}` : undefined;
}

/** A clock that a test moves. */
export function movableClock(): { readonly now: Clock; move(seconds: number): void } {
  let ahead = 0;
  return {
    now: () => Date.now() / 1000 + ahead,
    move(seconds) {
      ahead += seconds;
    },
  };
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** POST a form as the client. */
export async function post(issuer: string, path: string, form: Readonly<Record<string, string>>): Promise<JsonAnswer> {
  const headers = { authorization: CREDENTIALS };
  const response = await fetch(`${issuer}${path}`, { method: "POST", headers, body: new URLSearchParams(form) });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
}

export function redeem(issuer: string, code: string): Promise<JsonAnswer> {
  return post(issuer, "/token", { grant_type: "authorization_code", code, redirect_uri: CALLBACK });
}

export function refresh(issuer: string, refreshToken: unknown): Promise<JsonAnswer> {
  return post(issuer, "/token", { grant_type: "refresh_token", refresh_token: String(refreshToken) });
}
