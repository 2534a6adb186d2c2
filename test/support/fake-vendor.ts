import type { OAuth2Options } from "../../src/config/connector-configuration.ts";
import { ConnectorError } from "../../src/connector/connector-error.ts";
import type { LoginTransaction } from "../../src/connector/connector.ts";
import type { OAuth2Deps } from "../../src/connector/oauth2/oauth2-client.ts";
import { Secret } from "../../src/protocol/secret.ts";
import type { Log } from "../../src/telemetry/log.ts";

/** How a fake answers: JSON, unless `body` is a string. */
export interface FakeAnswer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a fake was asked. */
export interface FakeRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly authorization: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A vendor's server at the edge of the tests: it answers what `routes` say, and remembers what it was asked. */
export interface FakeVendor {
  readonly url: string;
  /** `GET /path?query` before `GET /path` → the answer. May be changed while it runs. */
  readonly routes: Record<string, FakeAnswer | ((request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>)>;
  readonly requests: FakeRequest[];
  /** `METHOD target authorization` of what was asked, without the token endpoint. */
  asked(): readonly string[];
  stop(): Promise<void>;
}

export const CLIENT_SECRET = "the-client-secret";

export const TRANSACTION: LoginTransaction = {
  connectorId: "vendor",
  state: "a-state",
  nonce: "a-nonce",
  codeVerifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", // RFC 7636, appendix B
  redirectUri: "https://wiki.example.com/oauth2/callback",
};

export async function startFakeVendor(routes: FakeVendor["routes"] = {}): Promise<FakeVendor> {
  const table: FakeVendor["routes"] = {
    "POST /token": { body: { access_token: "at-1", token_type: "bearer" } },
    ...routes,
  };
  const requests: FakeRequest[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const seen: FakeRequest = {
        method: request.method,
        target: `${pathname}${search}`,
        authorization: request.headers.get("authorization") ?? "none",
        headers: request.headers,
        body: await request.text(),
      };
      requests.push(seen);
      const route = table[`${seen.method} ${seen.target}`] ?? table[`${seen.method} ${pathname}`];
      const answer = typeof route === "function" ? await route(seen) : route;
      return render(answer ?? { status: 404, body: { message: "Not Found" } });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    routes: table,
    requests,
    asked: () =>
      requests
        .filter(({ target }) => target !== "/token")
        .map(({ method, target, authorization }) => `${method} ${target} ${authorization}`),
    stop: () => server.stop(true),
  };
}

function render({ status = 200, body = "", headers = {} }: FakeAnswer): Response {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Response([204, 304].includes(status) ? null : text, {
    status,
    headers: { "Content-Type": typeof body === "string" ? "text/plain" : "application/json", ...headers },
  });
}

/** The options that all these connectors share, with endpoints at a fake. Profile and validation are where `api` says. */
export function vendorOptions(
  vendor: FakeVendor,
  api: { profile?: string; validate: string },
): Omit<OAuth2Options, "pkce"> {
  return {
    id: "vendor",
    name: "Vendor",
    clientId: "gatehouse",
    clientSecret: new Secret(CLIENT_SECRET),
    scopes: ["one", "two"],
    endpoints: {
      authorization: `${vendor.url}/authorize`,
      token: `${vendor.url}/token`,
      profile: api.profile === undefined ? "" : `${vendor.url}${api.profile}`,
      validate: `${vendor.url}${api.validate}`,
    },
  };
}

/** A log that keeps what it is told as text. */
export function listeningLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const write = (event: string, fields: unknown = {}): void => void lines.push(`${event} ${JSON.stringify(fields)}`);
  const log: Log = { debug: write, info: write, warn: write, error: write, with: () => log };
  return { log, lines };
}

export function vendorDeps(changed: Partial<OAuth2Deps> = {}): OAuth2Deps {
  return { clock: () => Date.now() / 1000, fetch, log: listeningLog().log, ...changed };
}

/**
 * The failure of some work, which must be a connector's and must hold none of these tests' secrets: not the client's, no
 * token (`at-…`, `rt-…`, a JWT), no code.
 */
export async function failureOf(work: Promise<unknown>): Promise<ConnectorError> {
  const ending = await work.then(
    (value) => new Error(`expected a failure, not ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (!(ending instanceof ConnectorError)) throw ending;
  const told = `${ending.message} ${ending.publicMessage} ${reasonOf(ending)}`;
  if (/the-client-secret|\b[ar]t-\d|eyJ[\w-]{10,}|the-code/.test(told)) throw new Error(`a secret is told: ${told}`);
  return ending;
}

/** Why a connector failed, as the log gets it. */
export function reasonOf(error: ConnectorError): string {
  return error.cause instanceof Error ? error.cause.message : "";
}
