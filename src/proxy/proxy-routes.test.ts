import { describe, expect, test } from "bun:test";

import type { ProxyConfiguration } from "../config/configuration.ts";
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
      publicUrl: "https://auth.example.com",
      pathPrefix: "/oauth2",
      admission: setup.admission ?? everyone,
      apps: [],
      returnHosts: [],
    },
    sessions: { load: () => (session === undefined ? { setCookies: [] } : { session, setCookies: [] }) },
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

  test("ping is always OK", async () => {
    const response = await ask("/ping", { ready: [store] });
    expect([response.status, await response.text()]).toEqual([200, "OK"]);
  });
});
