import { describe, expect, test } from "bun:test";

import type { Configuration, ProxyConfiguration } from "../config/configuration.ts";
import { createRouter } from "../http/router.ts";
import type { Identity } from "../protocol/identity.ts";
import type { Session } from "../session/session.ts";
import type { Log } from "../telemetry/log.ts";
import { createProxyRoutes } from "./proxy-routes.ts";
import type { ReadyCheck } from "./readiness.ts";

const ALICE: Identity = {
  userId: "alice-sub",
  username: "Alice",
  preferredUsername: "alice.w",
  email: "alice@example.com",
  emailVerified: false,
  groups: ["R&D", "<b>"],
};
const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, with: () => log };

interface Setup {
  readonly dialect?: Configuration["dialect"];
  readonly identity?: Identity;
  readonly ready?: readonly ReadyCheck[];
  readonly admission?: ProxyConfiguration["admission"];
}

function ask(path: string, setup: Setup = {}): Promise<Response> {
  const everyone = { everyone: true, groups: [], emails: [], emailDomains: [] };
  const session: Session | undefined =
    setup.identity === undefined
      ? undefined
      : { id: "s", connectorId: "c", identity: setup.identity, tokens: {}, createdAt: 0, refreshedAt: 0, expiresAt: 0 };
  const { routes } = createProxyRoutes({
    configuration: {
      pathPrefix: "/oauth2",
      callbackUrl: "https://auth.example.com/oauth2/callback",
      admission: setup.admission ?? everyone,
      apps: [{ host: "*", name: "app", access: { kind: "allow", allow: everyone }, rules: [] }],
      returnHosts: [],
      skipSignInPage: false,
      headers: { identity: true, accessToken: false, passUserHeaders: true },
    },
    dialect: setup.dialect ?? "native",
    sessions: {
      load: () => (session === undefined ? { setCookies: [] } : { session, setCookies: [] }),
      end: () => Promise.resolve(["gone=; Max-Age=0"]),
    },
    trustedProxies: { trusts: () => false },
    signInUrl: (target) => target,
    pages: { error: () => new Response() },
    clock: () => 0,
    log,
    metrics: { decision: () => {} },
    ready: () => setup.ready ?? [],
  });
  const router = createRouter(routes, () => new Response(null, { status: 404 }));
  return Promise.resolve(router(new Request(`http://127.0.0.1${path}`), { address: () => "127.0.0.1" }));
}

describe("userinfo", () => {
  test("says who is signed in, byte for byte as the original", async () => {
    const response = await ask("/oauth2/userinfo", { identity: ALICE });
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("cache-control")).toBe("no-cache, no-store, must-revalidate, max-age=0");
    expect(await response.text()).toBe(
      '{"user":"alice-sub","email":"alice@example.com","groups":["R\\u0026D","\\u003cb\\u003e"],"preferredUsername":"alice.w"}\n',
    );
  });

  test("leaves out what is empty", async () => {
    const identity = { ...ALICE, email: "", groups: [], preferredUsername: "" };
    expect(await (await ask("/oauth2/userinfo", { identity })).text()).toBe('{"user":"alice-sub","email":""}\n');
  });

  test("is 401 for a stranger, and for whoever may not enter", async () => {
    const response = await ask("/oauth2/userinfo");
    expect([response.status, await response.text()]).toEqual([401, "Unauthorized\n"]);
    const admission = { everyone: false, groups: ["staff"], emails: [], emailDomains: [] };
    expect((await ask("/oauth2/userinfo", { identity: ALICE, admission })).status).toBe(401);
  });
});

describe("ready", () => {
  const connector: ReadyCheck = { name: "corp", kind: "connector", ok: false, reason: "connection refused" };
  const store: ReadyCheck = { name: "store", kind: "store", ok: false, reason: "disk full" };

  test("is ready", async () => {
    const response = await ask("/ready", { ready: [{ ...store, ok: true }] });
    expect([response.status, await response.json()]).toEqual([200, { status: "ready", failures: [] }]);
  });

  test("names the connector and why, and stays in service", async () => {
    const response = await ask("/ready", { ready: [connector] });
    expect([response.status, await response.json()]).toEqual([
      200,
      { status: "degraded", failures: [{ name: "corp", kind: "connector", reason: "connection refused" }] },
    ]);
  });

  test("is not ready without its store", async () => {
    const response = await ask("/ready", { ready: [connector, store] });
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
  });

  test("speaks the original's words in its dialect", async () => {
    const good = await ask("/ready", { dialect: "oauth2-proxy", ready: [connector] });
    expect([good.status, await good.text()]).toEqual([200, "OK"]);
    expect((await ask("/ready", { dialect: "oauth2-proxy", ready: [store] })).status).toBe(500);
  });

  test("ping is always OK", async () => {
    const response = await ask("/ping", { ready: [store] });
    expect([response.status, await response.text()]).toEqual([200, "OK"]);
  });
});

describe("the oauth2-proxy dialect's check", () => {
  const dialect = "oauth2-proxy";

  test("answers in the original's words", async () => {
    const stranger = await ask("/oauth2/auth", { dialect });
    expect([stranger.status, await stranger.text()]).toEqual([401, "Unauthorized\n"]);
    expect(stranger.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    const known = await ask("/oauth2/auth", { dialect, identity: ALICE });
    expect([known.status, known.headers.get("gap-auth")]).toEqual([202, "alice@example.com"]);
    const forbidden = await ask("/oauth2/auth?allowed_groups=ops", { dialect, identity: ALICE });
    expect([forbidden.status, await forbidden.text()]).toEqual([403, "Forbidden\n"]);
  });

  test("ends the session of somebody who may not enter any more", async () => {
    const admission = { everyone: false, groups: [], emails: ["bob@example.com"], emailDomains: [] };
    const response = await ask("/oauth2/auth", { dialect, identity: ALICE, admission });
    expect([response.status, response.headers.get("set-cookie")]).toEqual([401, "gone=; Max-Age=0"]);
  });

  test("does not ask whether an address is verified", async () => {
    const admission = { everyone: false, groups: [], emails: [], emailDomains: ["example.com"] };
    expect((await ask("/oauth2/auth", { dialect, identity: ALICE, admission })).status).toBe(202);
  });

  test("has no native endpoints", async () => {
    expect((await ask("/authz/auth-request", { dialect, identity: ALICE })).status).toBe(404);
    expect((await ask("/authz/forward-auth", { dialect, identity: ALICE })).status).toBe(404);
  });
});
