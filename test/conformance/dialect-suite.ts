import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Access, Allow, AppConfiguration } from "../../src/config/configuration.ts";
import { createTrustedProxies } from "../../src/http/client-address.ts";
import { withErrorResponses } from "../../src/http/error-response.ts";
import type { Handler } from "../../src/http/handler.ts";
import { createRouter } from "../../src/http/router.ts";
import type { Identity } from "../../src/protocol/identity.ts";
import { createProxyRoutes } from "../../src/proxy/proxy-routes.ts";
import type { LoadedSession, Session, SessionKeeper } from "../../src/session/session.ts";
import { StoreError } from "../../src/store/store-error.ts";
import type { Log } from "../../src/telemetry/log.ts";

/** One dialect under test: how its gateway asks, and what that gateway understands. */
export interface DialectUnderTest {
  readonly name: string;
  /** Default: the native proxy. */
  readonly createHandler?: (deps: DialectHandlerDeps) => Promise<Handler>;
  readonly path: string;
  /** The headers that the gateway itself sets; it overwrites what the client sent under these names. */
  readonly gatewayHeaders: (method: string, url: string) => Readonly<Record<string, string>>;
  readonly allowed: 200 | 202;
  /** Status for a stranger who opens a page. */
  readonly signIn: 302 | 401;
  /** Does a 401 or 302 carry where to sign in? */
  readonly namesSignIn: boolean;
  /** Does the target play a role? */
  readonly targeted: boolean;
  /** Most `Set-Cookie` lines that its gateway can take. */
  readonly cookiesWhenAllowed: 1 | 2;
  readonly cookiesWhenDenied: 1 | 2;
  /** Is every answer marked as not to be kept? */
  readonly noStore: boolean;
}

/** What a dialect under test is built from. */
export interface DialectHandlerDeps {
  readonly load: SessionKeeper["load"];
  readonly log: Log;
}

const vectors = (name: string): string[] =>
  readFileSync(join(import.meta.dir, "../vectors", name), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("# "));

const HOSTILE_TARGETS = vectors("targets.txt").map((line): string => JSON.parse(`"${line}"`));
const SPOOFED_HEADERS = vectors("spoofed-headers.txt").map((line): Record<string, string> => JSON.parse(line));

const PAGE = { Accept: "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate" };
const NOT_PAGES: Readonly<Record<string, Record<string, string>>> = {
  "an API client": { Accept: "application/json" },
  "a client that says nothing": {},
  "a script's fetch": { Accept: "text/html", "Sec-Fetch-Mode": "cors" },
  XMLHttpRequest: { Accept: "text/html", "X-Requested-With": "XMLHttpRequest" },
  "a WebSocket handshake": { Accept: "text/html", Upgrade: "websocket", Connection: "Upgrade" },
  "a WebSocket handshake behind a gateway that drops Upgrade": { Accept: "text/html", "Sec-WebSocket-Key": "eA==" },
};
const CONDITIONAL: readonly Record<string, string>[] = [
  { "If-None-Match": "*" },
  { "If-None-Match": '"x"' },
  { "If-Modified-Since": "Wed, 01 Jan 2098 00:00:00 GMT" },
  { "If-Match": '"x"' },
  { "If-Unmodified-Since": "Wed, 01 Jan 1998 00:00:00 GMT" },
  { Range: "bytes=0-0" },
  { Range: "bytes=9-1", "If-Range": '"x"' },
  { Expect: "100-continue" },
  { "Accept-Encoding": "gzip, br", TE: "trailers" },
];
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "FOO"];

/** Hold a dialect to what every gateway needs from a check. */
export function dialectSuite(dialect: DialectUnderTest): void {
  const world = createWorld(dialect);
  const { ask } = world;
  const denied = dialect.targeted ? 403 : 202;

  describe(`the ${dialect.name} dialect`, () => {
    test("lets a signed-in person pass, says who it is and nothing else", async () => {
      const response = await ask({ session: "staff", client: PAGE });
      expect(response.status).toBe(dialect.allowed);
      expect(await response.text()).toBe("");
      expect(response.headers.get("cache-control")).toBe(dialect.noStore ? "no-store" : null);
      expect(response.headers.get("x-auth-request-user")).toBe("staff-id");
      expect(response.headers.get("x-auth-request-email")).toBe("staff@example.com");
      expect(response.headers.get("x-auth-request-groups")).toBe("staff,dev");
      for (const name of ["etag", "last-modified", "location", "set-cookie", "www-authenticate", "content-type"]) {
        expect(response.headers.get(name)).toBeNull();
      }
    });

    test("lets it pass when the session takes a moment to load", async () => {
      expect((await ask({ session: "slow", client: PAGE })).status).toBe(dialect.allowed);
    });

    test.each(METHODS)("may be asked with %s", async (method) => {
      const response = await ask({ session: "staff", checkMethod: method });
      expect(response.status).toBe(dialect.allowed);
      expect((await ask({ checkMethod: method })).status).toBe(401);
    });

    test.each(CONDITIONAL)("does not mind %p, which are the client's", async (client) => {
      const response = await ask({ session: "staff", client });
      expect([response.status, await response.text()]).toEqual([dialect.allowed, ""]);
      expect((await ask({ client })).status).toBe(401);
    });

    test("sends a stranger who opens a page to sign in and back to that page", async () => {
      const response = await ask({ client: PAGE, url: "https://wiki.example.com/page?a=1&b=%2F2" });
      expect(response.status).toBe(dialect.signIn);
      expect(response.headers.get("location")).toBe(
        dialect.namesSignIn
          ? "https://auth.example.com/oauth2/start?rd=https%3A%2F%2Fwiki.example.com%2Fpage%3Fa%3D1%26b%3D%252F2"
          : null,
      );
    });

    test.each(Object.entries(NOT_PAGES))("answers %s with 401", async (_name, client) => {
      const response = await ask({ client });
      expect(response.status).toBe(401);
      expect(response.headers.get("location")).toBeNull();
      expect(response.headers.get("www-authenticate")).toBeNull();
    });

    test.each(["POST", "PUT", "DELETE", "OPTIONS", "FOO"])("answers a stranger's %s with 401", async (method) => {
      expect((await ask({ client: PAGE, method })).status).toBe(dialect.targeted ? 401 : dialect.signIn);
    });

    test("keeps to as many cookies as its gateway can take", async () => {
      const signedIn = await ask({ session: "refreshed" });
      expect(signedIn.headers.getSetCookie()).toEqual(["a=1", "b=2"].slice(0, dialect.cookiesWhenAllowed));
      const stranger = await ask({ session: "cleared" });
      expect(stranger.headers.getSetCookie()).toEqual(["a=1", "b=2"].slice(0, dialect.cookiesWhenDenied));
    });

    test("fails closed with 503 when sessions cannot be loaded, and logs nobody out", async () => {
      for (const session of ["store down", "store down slowly"]) {
        const response = await ask({ session, client: { Accept: "application/json" } });
        expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
        expect(response.headers.getSetCookie()).toEqual([]);
        expect(await response.text()).not.toContain("disk");
      }
    });

    test("holds to the constraints of its own query", async () => {
      expect((await ask({ session: "staff", below: "?allowed_groups=dev" })).status).toBe(dialect.allowed);
      expect((await ask({ session: "staff", below: "?allowed_groups=ops" })).status).toBe(403);
      expect((await ask({ session: "staff", below: "?allowed_groups=" })).status).toBe(403);
      expect((await ask({ below: "?allowed_groups=dev" })).status).toBe(401);
    });

    test.each(SPOOFED_HEADERS)("is not talked into anything by %p", async (client) => {
      const stranger = await ask({ client, url: "https://wiki.example.com/admin", method: "POST" });
      expect(stranger.status).toBe(401);
      const staff = await ask({ client, session: "staff", url: "https://wiki.example.com/admin/x" });
      expect(staff.status).toBe(denied);
      const response = await ask({ client, session: "staff" });
      expect([response.status, response.headers.get("x-auth-request-user")]).toEqual([dialect.allowed, "staff-id"]);
    });
  });

  if (dialect.targeted) describe(`the ${dialect.name} dialect's target`, () => targetedSuite(dialect));
}

function targetedSuite(dialect: DialectUnderTest): void {
  const world = createWorld(dialect);
  const { ask } = world;

  test("decides by method and path", async () => {
    expect((await ask({ url: "https://wiki.example.com/healthz" })).status).toBe(dialect.allowed);
    expect((await ask({ url: "https://wiki.example.com/healthz", method: "POST" })).status).toBe(401);
    expect((await ask({ url: "https://wiki.example.com/admin", session: "staff" })).status).toBe(403);
    expect((await ask({ url: "https://wiki.example.com/admin", session: "admin" })).status).toBe(dialect.allowed);
    expect((await ask({ url: "https://nowhere.example.com/", session: "admin" })).status).toBe(403);
  });

  test("gives a public place every identity header, empty, so that a gateway overwrites the client's", async () => {
    for (const session of [undefined, "unadmitted"]) {
      const response = await ask({ url: "https://open.example.com/", ...(session === undefined ? {} : { session }) });
      expect(response.status).toBe(dialect.allowed);
      for (const family of ["x-auth-request", "x-forwarded"]) {
        for (const claim of ["user", "email", "groups", "preferred-username"]) {
          expect([claim, response.headers.get(`${family}-${claim}`)]).toEqual([claim, ""]);
        }
      }
    }
  });

  test("forbids somebody who may not enter at all", async () => {
    expect((await ask({ session: "unadmitted" })).status).toBe(403);
  });

  test.each(HOSTILE_TARGETS)("never allows %p", async (url) => {
    for (const session of [undefined, "admin"]) {
      const response = await ask({ url, ...(session === undefined ? {} : { session }) });
      expect(response.status).toBe(403);
      expect(response.headers.get("location")).toBeNull();
    }
  });

  test("forbids when the gateway's headers are missing", async () => {
    for (const name of Object.keys(dialect.gatewayHeaders("GET", "https://wiki.example.com/healthz"))) {
      const response = await ask({ url: "https://wiki.example.com/healthz", session: "admin", without: name });
      expect([name, response.status]).toEqual([name, 403]);
    }
  });

  test("believes nobody but trusted proxies, and says once in the log what to configure", async () => {
    const { ask: askFresh, warnings } = createWorld(dialect);
    for (let index = 0; index < 3; index += 1) {
      const response = await askFresh({ url: "https://wiki.example.com/healthz", session: "admin", peer: "192.0.2.9" });
      expect(response.status).toBe(403);
    }
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("trustedProxies");
    expect(warnings[0]).toContain("192.0.2.9");
  });

  test("answers below its path too, because some gateways append the original one", async () => {
    if (dialect.allowed !== 200) return;
    expect((await ask({ session: "staff", below: "/page/x" })).status).toBe(200);
    expect((await ask({ session: "staff", below: "/page/x?allowed_groups=ops" })).status).toBe(200);
  });
}

interface Question {
  readonly url?: string;
  readonly method?: string;
  /** Method of the check itself. */
  readonly checkMethod?: string;
  /** What the client sent and the gateway passes on. */
  readonly client?: Readonly<Record<string, string>>;
  readonly session?: string;
  readonly peer?: string;
  readonly without?: string;
  readonly below?: string;
}

interface World {
  readonly ask: (question: Question) => Promise<Response>;
  readonly warnings: readonly string[];
}

function createWorld(dialect: DialectUnderTest): World {
  const warnings: string[] = [];
  const deps: DialectHandlerDeps = { load: loadSession, log: createLog(warnings) };
  const handler = (dialect.createHandler ?? createNativeHandler)(deps);
  return { ask: async (question) => askHandler(dialect, await handler, question), warnings };
}

async function createNativeHandler({ load, log }: DialectHandlerDeps): Promise<Handler> {
  const proxy = createProxyRoutes({
    configuration: {
      publicUrl: "https://auth.example.com",
      pathPrefix: "/oauth2",
      admission: { everyone: false, groups: ["staff", "admins"], emails: [], emailDomains: [] },
      apps: APPS,
      returnHosts: [],
    },
    sessions: { load },
    trustedProxies: createTrustedProxies(["127.0.0.1"]),
    signInUrl: (target) => `https://auth.example.com/oauth2/start?rd=${encodeURIComponent(target)}`,
    pages: { error: (_request, model) => new Response(model.message, { status: model.status }) },
    clock: () => 1000,
    log,
    metrics: { decision: () => {} },
    ready: () => [],
  });
  return withErrorResponses(
    { log, renderPage: (_request, page) => new Response(page.message, { status: page.status }) },
    createRouter(proxy.routes, () => new Response("no such route", { status: 404 })),
  );
}

async function askHandler(dialect: DialectUnderTest, handler: Handler, question: Question): Promise<Response> {
  const headers = new Headers(question.client);
  const own = dialect.gatewayHeaders(question.method ?? "GET", question.url ?? "https://wiki.example.com/");
  for (const [name, value] of Object.entries(own)) headers.set(name, headerBytes(value));
  if (question.without !== undefined) headers.delete(question.without);
  if (question.session !== undefined) headers.set("Cookie", `session=${question.session}`);
  const url = `http://gatehouse.internal:8080${dialect.path}${question.below ?? ""}`;
  const request = new Request(url, { method: question.checkMethod ?? "GET", headers });
  return handler(request, { address: () => question.peer ?? "127.0.0.1" });
}

/** Header values are bytes on the wire. */
function headerBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function createLog(warnings: string[]): Log {
  const log: Log = {
    debug: () => {},
    info: () => {},
    warn: (event, fields) => warnings.push(`${event} ${JSON.stringify(fields)}`),
    error: () => {},
    with: () => log,
  };
  return log;
}

function allow(part: Partial<Allow>): Access {
  return { kind: "allow", allow: { everyone: false, groups: [], emails: [], emailDomains: [], ...part } };
}

function app(host: string, access: Access, rules: AppConfiguration["rules"] = []): AppConfiguration {
  return { host, name: host, access, rules };
}

const APPS = [
  app("wiki.example.com", allow({ groups: ["staff", "admins"] }), [
    { paths: ["/healthz"], methods: ["GET"], access: { kind: "public" } },
    { paths: ["/admin/**"], methods: [], access: allow({ groups: ["admins"] }) },
  ]),
  app("open.example.com", { kind: "public" }),
];

function loadSession(request: Request): LoadedSession | Promise<LoadedSession> {
  const name = request.headers.get("cookie")?.slice("session=".length);
  if (name === undefined) return { setCookies: [] };
  if (name === "slow") return Promise.resolve({ session: sessionOf("staff", ["staff"]), setCookies: [] });
  if (name === "store down") throw new StoreError("unreachable", new Error("disk full"));
  if (name === "store down slowly") return Promise.reject(new StoreError("unreachable", new Error("disk full")));
  if (name === "cleared") return { setCookies: ["a=1", "b=2"] };
  if (name === "refreshed") return { session: sessionOf("staff", ["staff"]), setCookies: ["a=1", "b=2"] };
  const found = SESSIONS[name];
  return found === undefined ? { setCookies: [] } : { session: found, setCookies: [] };
}

const SESSIONS: Readonly<Record<string, Session>> = {
  staff: sessionOf("staff", ["staff", "dev"]),
  admin: sessionOf("admin", ["admins"]),
  unadmitted: sessionOf("unadmitted", ["visitors"]),
};

function sessionOf(name: string, groups: readonly string[]): Session {
  const identity: Identity = {
    userId: `${name}-id`,
    username: name,
    preferredUsername: name,
    email: `${name}@example.com`,
    emailVerified: true,
    groups,
  };
  return { id: name, connectorId: "c", identity, tokens: {}, createdAt: 0, refreshedAt: 0, expiresAt: 0 };
}
