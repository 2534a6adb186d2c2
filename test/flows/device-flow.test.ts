import { afterEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";

import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import type { Store } from "../../src/store/ports.ts";
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
import { type ProviderServerOptions, movableClock, startProvider } from "../support/provider-server.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

function start(options: Partial<ProviderServerOptions> = {}): string {
  const server = startProvider({ store: createMemoryStore(), ...DEVICE_OPTIONS, ...options });
  cleanups.push(server.stop);
  return server.issuer;
}

const claimsOf = (token: unknown): Record<string, unknown> =>
  JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString());

describe("a person signs a device in", () => {
  test("the device is told its codes, waits, and gets tokens", async () => {
    const issuer = start();
    const asked = await send(`${issuer}/device/code`, { client_id: "tv", scope: "openid email offline_access" });
    expect(asked.status).toBe(200);
    expect(asked.headers.get("cache-control")).toBe("no-store");
    const { device_code: deviceCode, user_code: userCode, ...rest } = asked.body;
    expect(deviceCode).toMatch(/^[a-z][a-z2-7]{50}$/);
    expect(userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(rest).toEqual({
      verification_uri: `${issuer}/device`,
      verification_uri_complete: `${issuer}/device?user_code=${String(userCode)}`,
      expires_in: 300,
      interval: 5,
    });
    const first = await poll(issuer, String(deviceCode));
    expect([first.status, first.body]).toEqual([400, { error: "authorization_pending" }]);

    const done = await enterCode(issuer, String(userCode));
    expect([done.status, done.url.startsWith(`${issuer}/device/callback?`)]).toEqual([200, true]);
    expect(done.body).toContain("Television is connected");

    const { status, body, headers } = await poll(issuer, String(deviceCode));
    expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(Object.keys(body)).toEqual(["access_token", "token_type", "expires_in", "refresh_token", "id_token"]);
    expect(claimsOf(body["id_token"])).toMatchObject({ aud: "tv", email: "kilgore@kilgore.trout" });
    const renewed = await send(`${issuer}/token`, {
      grant_type: "refresh_token",
      refresh_token: String(body["refresh_token"]),
      client_id: "tv",
    });
    expect(renewed.status).toBe(200);
  });

  test("below an issuer without a path, and where PKCE is demanded of everybody", async () => {
    const pkce = { methods: ["S256"], enforce: true } as const;
    for (const options of [{ path: "" }, { settings: { ...DEVICE_SETTINGS, pkce } }]) {
      const issuer = start(options);
      const { deviceCode, userCode } = await askForCodes(issuer);
      expect((await enterCode(issuer, userCode)).status).toBe(200);
      expect((await poll(issuer, deviceCode)).status).toBe(200);
    }
  });

  test("a link fills the code in, and it has to be confirmed", async () => {
    const issuer = start();
    const { userCode } = await askForCodes(issuer);
    const page = await new Browser().open(`${issuer}/device?user_code=${userCode}`);
    expect(page.status).toBe(200);
    expect(page.body).toContain(`value="${userCode}"`);
  });

  test.each([
    ["lower case", (code: string) => code.toLowerCase()],
    ["no dash", (code: string) => code.replace("-", "")],
    ["blanks", (code: string) => ` ${code.replace("-", " ")} `],
  ])("a code may be typed with %s", async (_how, typed) => {
    const issuer = start();
    const { deviceCode, userCode } = await askForCodes(issuer);
    expect((await enterCode(issuer, typed(userCode))).status).toBe(200);
    expect((await poll(issuer, deviceCode)).status).toBe(200);
  });

  test("a wrong code is asked for again, an empty one is refused", async () => {
    const issuer = start();
    const again = await enterCode(issuer, "AAAA-BBBB");
    expect([again.status, again.body.includes('value="AAAA-BBBB"')]).toEqual([400, true]);
    expect(again.body).toContain("This code is not known");
    expect((await enterCode(issuer, "")).body).toContain("No user code received");
    expect((await new Browser().open(`${issuer}/device?invalid=true`)).status).toBe(400);
  });

  test("somebody who says no is told so, and so is the device", async () => {
    const issuer = start({ settings: { ...DEVICE_SETTINGS, skipApproval: false } });
    const { deviceCode, userCode } = await askForCodes(issuer);
    const browser = new Browser();
    const approval = await enterCode(issuer, userCode, browser);
    const refused = await browser.submit(approval, { approval: "rejected" });
    expect(refused.body).toContain("You did not allow it");
    for (const _poll of [1, 2]) expect((await poll(issuer, deviceCode)).body).toEqual({ error: "access_denied" });
    expect((await enterCode(issuer, userCode)).body).toContain("This code is not known");
  });

  test("any other end of the sign-in leaves the device waiting", async () => {
    const issuer = start();
    const { deviceCode, userCode } = await askForCodes(issuer, { client_id: "tv", scope: "made-up" });
    const page = await enterCode(issuer, userCode);
    expect([page.status, page.body.includes("Authorization failed. Please try again.")]).toEqual([400, true]);
    expect((await poll(issuer, deviceCode)).body).toEqual({ error: "authorization_pending" });
  });
});

describe("a device polls", () => {
  test("too early, and waits longer each time", async () => {
    const clock = movableClock();
    const issuer = start({ clock: clock.now });
    const { deviceCode } = await askForCodes(issuer);
    const after = async (seconds: number): Promise<unknown> => {
      clock.move(seconds);
      return (await poll(issuer, deviceCode)).body["error"];
    };
    expect(await after(0)).toBe("authorization_pending"); // the first one is free
    expect(await after(6)).toBe("authorization_pending");
    expect(await after(1)).toBe("slow_down"); // from now on 10 seconds
    expect(await after(6)).toBe("slow_down"); // 15
    expect(await after(16)).toBe("authorization_pending"); // and 5 again
    expect(await after(6)).toBe("authorization_pending");
  });

  test("too late", async () => {
    const clock = movableClock();
    const issuer = start({ clock: clock.now });
    const { deviceCode, userCode } = await askForCodes(issuer);
    clock.move(301);
    expect((await poll(issuer, deviceCode)).body).toEqual({ error: "expired_token" });
    expect((await enterCode(issuer, userCode)).status).toBe(400);
  });

  test("without a code, or with one that is nobody's", async () => {
    const issuer = start();
    expect((await poll(issuer, "")).body).toEqual({
      error: "invalid_request",
      error_description: "No device code received",
    });
    expect((await poll(issuer, "nope")).body).toEqual({
      error: "invalid_request",
      error_description: "Invalid Device code.",
    });
  });

  test("with PKCE", async () => {
    const issuer = start();
    const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const pkce = { code_challenge: challenge, code_challenge_method: "S256" };
    const { deviceCode, userCode } = await askForCodes(issuer, { client_id: "tv", ...pkce });
    await enterCode(issuer, userCode);
    expect((await poll(issuer, deviceCode)).body).toEqual({
      error: "invalid_grant",
      error_description: "Expecting parameter code_verifier in PKCE flow.",
    });
    expect((await poll(issuer, deviceCode, { code_verifier: "x" })).body).toEqual({
      error: "invalid_grant",
      error_description: "Invalid code_verifier.",
    });
    expect((await poll(issuer, deviceCode, { code_verifier: verifier })).status).toBe(200);
    const bad = await send(`${issuer}/device/code`, {
      client_id: "tv",
      code_challenge: "x",
      code_challenge_method: "S512",
    });
    expect(bad.body["error_description"]).toBe('Unsupported PKCE challenge method ("S512").');
  });

  test("at the address that old devices know", async () => {
    const issuer = start();
    const { deviceCode, userCode } = await askForCodes(issuer);
    const form = { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: deviceCode };
    expect((await send(`${issuer}/device/token`, form)).body).toEqual({ error: "authorization_pending" });
    await enterCode(issuer, userCode);
    expect((await send(`${issuer}/device/token`, form)).status).toBe(200);
    const other = await send(`${issuer}/device/token`, { grant_type: "refresh_token", client_id: "tv" });
    expect(other.body).toEqual({ error: "unsupported_grant_type" });
  });

  test("in vain where the grant is not served", async () => {
    const issuer = start({ settings: {} });
    expect((await poll(issuer, "x")).body).toEqual({ error: "unsupported_grant_type" });
    expect((await fetch(`${issuer}/device`)).status).toBe(404);
  });
});

/** Records as dex 2.45 writes them. */
async function storeAsDex(store: Store, status: "authorization_pending" | "complete", token = ""): Promise<void> {
  const expiry = Date.now() / 1000 + 300;
  const scopes = ["openid"];
  await store.deviceRequests.create({
    userCode: "GMPR-SWWB",
    deviceCode: "dc",
    clientId: "tv",
    clientSecret: "",
    scopes,
    expiry,
  });
  await store.deviceTokens.create({
    deviceCode: "dc",
    status,
    token,
    expiry,
    lastRequest: Date.now() / 1000,
    pollInterval: 0,
    codeChallenge: "",
    codeChallengeMethod: "plain",
  });
}

describe("beside dex", () => {
  test("a device that dex has begun is finished here, wherever its browser was sent from", async () => {
    for (const callback of ["/device/callback", "/dex/device/callback"]) {
      const store = createMemoryStore();
      const issuer = start({ store });
      await storeAsDex(store, "authorization_pending");
      const query = new URLSearchParams({
        client_id: "tv",
        redirect_uri: callback,
        response_type: "code",
        scope: "openid",
        state: "GMPR-SWWB",
      });
      const done = await new Browser().open(`${issuer}/auth?${query.toString()}`);
      expect([done.status, done.body.includes("Television is connected")]).toEqual([200, true]);
      expect(claimsOf((await poll(issuer, "dc")).body["id_token"])).toMatchObject({ aud: "tv" });
    }
  });

  test("tokens that dex has left are handed out byte for byte", async () => {
    const store = createMemoryStore();
    const issuer = start({ store });
    const payload = Buffer.from(JSON.stringify({ aud: ["peer", "tv"], azp: "tv" })).toString("base64url");
    const token = `{\n  "access_token": "e30.${payload}.c2ln",\n  "token_type": "bearer",\n  "expires_in": 86399\n}`;
    await storeAsDex(store, "complete", token);
    const form = { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: "dc", client_id: "tv" };
    const answer = await fetch(`${issuer}/token`, { method: "POST", body: new URLSearchParams(form) });
    expect(await answer.text()).toBe(token);
  });

  test("what is stored is what dex understands", async () => {
    const store = createMemoryStore();
    const issuer = start({ store });
    const { deviceCode, userCode } = await askForCodes(issuer, { client_id: "box", client_secret: "box-secret" });
    expect(await store.deviceRequests.find(userCode)).toMatchObject({
      deviceCode,
      clientSecret: "box-secret",
      scopes: ["openid"],
    });
    expect(await store.deviceTokens.find(deviceCode)).toMatchObject({
      status: "authorization_pending",
      token: "",
      pollInterval: 0,
    });
    await enterCode(issuer, userCode);
    const finished = await store.deviceTokens.find(deviceCode);
    expect(finished?.status).toBe("complete");
    expect(finished?.token).toStartWith('{\n  "access_token": "');
  });
});

test("in the native dialect a device proves who it is when it polls", async () => {
  const issuer = start({ dialect: "native", clients: [DEVICE_CLIENT] });
  const { deviceCode, userCode } = await askForCodes(issuer);
  await enterCode(issuer, userCode);
  expect((await poll(issuer, deviceCode)).status).toBe(401);
  expect((await poll(issuer, deviceCode, { client_id: "tv" })).status).toBe(200);
});
