import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";

import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import type { Store } from "../../src/store/ports.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { createMetrics } from "../../src/telemetry/create-metrics.ts";
import { Browser } from "../support/browser.ts";
import {
  DEVICE_CLIENT,
  DEVICE_OPTIONS,
  DEVICE_SETTINGS,
  askForCodes,
  enterCode,
  poll,
  send,
} from "../support/device.ts";
import { temporaryFolder } from "../support/gatehouse.ts";
import { CLIENT, type ProviderServerOptions, movableClock, startProvider } from "../support/provider-server.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

function start(options: Partial<ProviderServerOptions> = {}): string {
  const server = startProvider({ store: createMemoryStore(), ...DEVICE_OPTIONS, ...options });
  cleanups.push(server.stop);
  return server.issuer;
}

function temporarySqlite(): Store {
  const folder = temporaryFolder();
  const log = createLog({ format: "json", level: "error", write: () => undefined });
  const store = openSqliteStore({ log, metrics: createMetrics() }, join(folder.path, "gatehouse.db"));
  cleanups.push(folder.remove, () => store.close());
  return store;
}

const INVALID = { error: "invalid_request", error_description: "Invalid Device code." };
const basic = (id: string, secret: string) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` });

const CLIENTS = [
  ...(DEVICE_OPTIONS.clients ?? []),
  { ...CLIENT, id: "open", secret: "", redirectUris: ["/device/callback"] },
  { ...DEVICE_CLIENT, id: "site", redirectUris: ["https://site.test/callback"] },
];

/** Whom a device cannot be signed in for, what its owner is told at last, and what a native device is told at once. */
const NOBODYS: readonly (readonly [string, Record<string, string>, number, string])[] = [
  ["nobody", {}, 400, "invalid_client"],
  ["an unknown client", { client_id: "nobody" }, 400, "invalid_client"],
  ["a client with a wrong secret", { client_id: "box", client_secret: "x" }, 401, "invalid_client"],
  ["a client without its secret", { client_id: "box" }, 401, "invalid_client"],
  ["a client with a secret that it does not have", { client_id: "tv", client_secret: "x" }, 401, "invalid_client"],
  ["a client that keeps a secret, which is empty", { client_id: "open" }, 401, "invalid_client"],
  // A web page's client id is known to everybody: whoever had people enter codes for it would get their accounts.
  ["a client of the web", { client_id: "site" }, 400, "unauthorized_client"],
  [
    "a client that is answered elsewhere",
    { client_id: "app", client_secret: "app-secret" },
    400,
    "unauthorized_client",
  ],
];

describe("a device of", () => {
  test.each(NOBODYS)("%s is never signed in", async (_whom, form, status) => {
    const issuer = start({ clients: CLIENTS });
    const { deviceCode, userCode } = await askForCodes(issuer, form);
    expect((await enterCode(issuer, userCode)).status).toBe(status);
    expect((await poll(issuer, deviceCode)).body).toEqual({ error: "authorization_pending" });
  });

  test.each(NOBODYS)("%s gets no codes in the native dialect, and nothing is stored", async (_whom, form, _, error) => {
    const store = createMemoryStore();
    const issuer = start({ store, clients: CLIENTS, dialect: "native" });
    const answer = await send(`${issuer}/device/code`, form);
    expect([answer.status, answer.body["error"]]).toEqual([error === "invalid_client" ? 401 : 400, error]);
    expect([await store.deviceRequests.list(), await store.deviceTokens.list()]).toEqual([[], []]);
  });
});

describe("a device gets no codes", () => {
  test("by anything but a form that is posted", async () => {
    const issuer = start();
    const answer = await fetch(`${issuer}/device/code?client_id=tv`);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: "invalid_request", error_description: "method not allowed" },
    ]);
  });

  test("when its address has asked for a thousand", async () => {
    const clock = movableClock();
    const issuer = start({ clock: clock.now, clientAddress: ({ headers }) => headers.get("x-from") ?? "" });
    const ask = (from: string) => send(`${issuer}/device/code`, { client_id: "tv" }, { "x-from": from });
    for (let round = 0; round < 1000; round += 1) await ask("2001:db8::1");
    const refused = await ask("2001:db8::2");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, expect.stringMatching(/^[1-9]\d*$/)]);
    expect((await ask("192.0.2.1")).status).toBe(200);
    clock.move(601);
    expect((await ask("2001:db8::1")).status).toBe(200);
  });
});

describe("tokens of a device", () => {
  test.each([
    ["memory", () => createMemoryStore()],
    ["SQLite", temporarySqlite],
  ])("are handed out once, however many ask at once (%s)", async (_kind, store) => {
    const issuer = start({ store: store() });
    const { deviceCode, userCode } = await askForCodes(issuer);
    await enterCode(issuer, userCode);
    const answers = await Promise.all(Array.from({ length: 20 }, () => poll(issuer, deviceCode)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await poll(issuer, deviceCode)).body).toEqual(INVALID);
  });

  test.each([
    ["another client's id", { client_id: "box" }, {}, 400],
    ["another client's id and secret", { client_id: "box", client_secret: "box-secret" }, {}, 400],
    ["another client's id and secret in the header", {}, basic("box", "box-secret"), 400],
    ["a wrong secret", { client_id: "tv", client_secret: "x" }, {}, 401],
    ["an unknown client in the header", {}, basic("nobody", ""), 401],
  ])("are not handed out for %s", async (_what, form, headers, status) => {
    const issuer = start();
    const { deviceCode, userCode } = await askForCodes(issuer);
    await enterCode(issuer, userCode);
    const refused = await poll(issuer, deviceCode, form, headers);
    expect([refused.status, "access_token" in refused.body]).toEqual([status, false]);
    expect((await poll(issuer, deviceCode, { client_id: "tv" })).status).toBe(200);
  });

  test("are handed out to a client that proves itself, or says nothing of itself", async () => {
    const issuer = start();
    for (const [form, headers] of [
      [{}, {}],
      [{ client_id: "box" }, {}],
      [{ client_id: "box", client_secret: "box-secret" }, {}],
      [{}, basic("box", "box-secret")],
    ] as const) {
      const { deviceCode, userCode } = await askForCodes(issuer, { client_id: "box", client_secret: "box-secret" });
      await enterCode(issuer, userCode);
      expect((await poll(issuer, deviceCode, form, headers)).status).toBe(200);
    }
  });

  test("are not empty where the status is a word of somebody else's", async () => {
    const store = createMemoryStore();
    const issuer = start({ store });
    const { deviceCode } = await askForCodes(issuer);
    const token = await store.deviceTokens.find(deviceCode);
    if (token !== undefined) await store.deviceTokens.replace(token, { ...token, status: "paused" });
    expect((await poll(issuer, deviceCode)).body).toEqual(INVALID);
  });
});

/** Sign in for a device, stop before its callback. @returns the callback's address. */
async function signInFor(issuer: string, parameters: Readonly<Record<string, string>>): Promise<URL> {
  const browser = new Browser();
  const query = new URLSearchParams({ client_id: "tv", response_type: "code", scope: "openid", ...parameters });
  let answer = await browser.request(`${issuer}/auth?${query.toString()}`);
  while (answer.location !== undefined && !answer.location.includes("code=")) {
    answer = await browser.request(answer.location);
  }
  return new URL(answer.location ?? "http://none.test");
}

describe("a device is not finished", () => {
  test("by a code of another client, or of another address", async () => {
    const issuer = start();
    const { deviceCode, userCode } = await askForCodes(issuer);
    const app = { client_id: "app", redirect_uri: "http://app.test/callback", state: "s" };
    const box = { client_id: "box", redirect_uri: "/device/callback", state: "s" };
    const loopback = { redirect_uri: "http://localhost:1/device/callback", state: "s" };
    for (const parameters of [app, box, loopback]) {
      const code = (await signInFor(issuer, parameters)).searchParams.get("code") ?? "";
      expect(code).not.toBe("");
      const page = await new Browser().open(`${issuer}/device/callback?state=${userCode}&code=${code}`);
      expect([page.status, page.body.includes("Invalid or expired auth code.")]).toEqual([400, true]);
    }
    expect((await poll(issuer, deviceCode)).body).toEqual({ error: "authorization_pending" });
  });

  test("by a code that was made for another device of the same client", async () => {
    const issuer = start();
    const [mine, theirs] = [await askForCodes(issuer), await askForCodes(issuer)];
    const page = await new Browser().request(`${issuer}/device/auth/verify_code`, {
      form: { user_code: mine.userCode },
    });
    const callback = await signInFor(issuer, Object.fromEntries(new URL(page.location ?? "").searchParams));
    callback.searchParams.set("state", theirs.userCode);
    const stolen = await new Browser().open(callback.href);
    expect([stolen.status, stolen.body.includes("Invalid code_verifier.")]).toEqual([400, true]);
    expect((await poll(issuer, theirs.deviceCode)).body).toEqual({ error: "authorization_pending" });
  });

  test("by a connector that its client may not use any more", async () => {
    const store = createMemoryStore();
    const changing = { ...DEVICE_CLIENT, id: "changing" };
    await store.clients.create(changing);
    const issuer = start({ store });
    const { deviceCode, userCode } = await askForCodes(issuer, { client_id: "changing" });
    const callback = await signInFor(issuer, {
      client_id: "changing",
      redirect_uri: "/device/callback",
      state: userCode,
    });
    await store.clients.replace(changing, { ...changing, allowedConnectors: ["corp"] });
    expect((await new Browser().open(callback.href)).body).toContain("Connector not allowed for this client.");
    expect((await poll(issuer, deviceCode)).body).toEqual({ error: "authorization_pending" });
  });

  test("for a client whose secret is another by now, or that is gone", async () => {
    const store = createMemoryStore();
    const changing = { ...DEVICE_CLIENT, id: "changing" };
    await store.clients.create(changing);
    const issuer = start({ store });
    const { userCode } = await askForCodes(issuer, { client_id: "changing" });
    const sent = { client_id: "changing", redirect_uri: "/device/callback", state: userCode };
    const [first, second] = [await signInFor(issuer, sent), await signInFor(issuer, sent)];
    await store.clients.replace(changing, { ...changing, secret: "new" });
    expect((await new Browser().open(first.href)).status).toBe(401);
    await store.clients.remove({ ...changing, secret: "new" });
    expect((await new Browser().open(second.href)).status).toBe(401);
  });

  test("twice, and not denied after that", async () => {
    const issuer = start();
    const { deviceCode, userCode } = await askForCodes(issuer);
    const sent = { redirect_uri: "/device/callback", state: userCode };
    const [first, second] = [await signInFor(issuer, sent), await signInFor(issuer, sent)];
    expect((await new Browser().open(first.href)).status).toBe(200);
    expect((await new Browser().open(second.href)).status).toBe(400);
    const denied = await new Browser().open(`${issuer}/device/callback?error=access_denied&state=${userCode}`);
    expect(denied.status).toBe(400);
    expect((await poll(issuer, deviceCode)).status).toBe(200);
  });

  test("after it was denied", async () => {
    const issuer = start();
    const { deviceCode, userCode } = await askForCodes(issuer);
    const callback = await signInFor(issuer, { redirect_uri: "/device/callback", state: userCode });
    await new Browser().open(`${issuer}/device/callback?error=access_denied&state=${userCode}`);
    expect((await new Browser().open(callback.href)).status).toBe(400);
    expect((await poll(issuer, deviceCode)).body).toEqual({ error: "access_denied" });
  });
});

describe("a user code", () => {
  test("cannot be guessed for long from one address, by either door", async () => {
    const clock = movableClock();
    const issuer = start({ clock: clock.now, clientAddress: ({ headers }) => headers.get("x-from") ?? "" });
    const { userCode } = await askForCodes(issuer);
    const guess = (code: string, from: string) =>
      new Browser().request(`${issuer}/device/auth/verify_code`, {
        form: { user_code: code },
        headers: { "x-from": from },
      });
    const deny = `${issuer}/device/callback?error=access_denied&state=`;
    for (let round = 0; round < 50; round += 1) {
      expect((await guess("BBBB-BBBB", "192.0.2.1")).status).toBe(400);
      await new Browser().request(`${deny}BBBB-BBBB`, { headers: { "x-from": "192.0.2.1" } });
    }
    const refused = await guess(userCode, "192.0.2.1");
    expect([refused.status, refused.body.includes("Too many tries")]).toEqual([429, true]);
    expect(refused.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    expect((await new Browser().request(deny + userCode, { headers: { "x-from": "192.0.2.1" } })).status).toBe(429);
    expect((await guess(userCode, "192.0.2.2")).status).toBe(302);
    clock.move(601);
    expect((await guess((await askForCodes(issuer)).userCode, "192.0.2.1")).status).toBe(302);
  });

  test("that is right is no guess", async () => {
    const issuer = start();
    const { userCode } = await askForCodes(issuer);
    for (let round = 0; round < 101; round += 1) {
      const answer = await new Browser().request(`${issuer}/device/auth/verify_code`, {
        form: { user_code: userCode },
      });
      expect(answer.status).toBe(302);
    }
  });

  test("is of no use when its device was finished, before and after it has its tokens", async () => {
    const issuer = start();
    const { deviceCode, userCode } = await askForCodes(issuer);
    await enterCode(issuer, userCode);
    expect((await enterCode(issuer, userCode)).body).toContain("Invalid or expired device code.");
    expect((await poll(issuer, deviceCode)).status).toBe(200);
    expect((await enterCode(issuer, userCode)).body).toContain("Invalid or expired device code.");
    expect((await poll(issuer, deviceCode)).body).toEqual(INVALID);
  });

  test("is not entered by a form on another site", async () => {
    const issuer = start();
    const { userCode } = await askForCodes(issuer);
    const answer = await new Browser().request(`${issuer}/device/auth/verify_code`, {
      form: { user_code: userCode },
      headers: { "sec-fetch-site": "cross-site" },
    });
    expect(answer.status).toBe(403);
  });

  test("leads to a sign-in whose address has no secret in it", async () => {
    const issuer = start({ settings: { ...DEVICE_SETTINGS, skipApproval: false } });
    const { deviceCode, userCode } = await askForCodes(issuer, { client_id: "box", client_secret: "box-secret" });
    const { status, location = "" } = await new Browser().request(`${issuer}/device/auth/verify_code`, {
      form: { user_code: userCode },
    });
    expect([status, location.startsWith(`${issuer}/auth?`)]).toEqual([302, true]);
    expect(location).not.toContain("box-secret");
    expect(location).not.toContain(deviceCode);
    expect(new URL(location).searchParams.get("redirect_uri")).toBe("/device/callback");
  });
});
