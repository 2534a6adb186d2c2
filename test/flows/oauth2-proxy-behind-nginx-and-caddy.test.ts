import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";

import { type Answer, Browser } from "../support/browser.ts";
import {
  caddyAsksForEachRequest,
  type GatewayPorts,
  nginxAsksForEachRequest,
  nginxInFront,
} from "../support/drop-in-gateways.ts";
import { type DropIn, dropInFlags, startDropIn } from "../support/drop-in.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import { freePort, type GatehouseProcess, spawnGatehouse, untilAnswering } from "../support/gatehouse.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";

/** The drop-in behind real gateways, configured as the original's documentation says. */

const hasNginx = needs("nginx", Bun.which("nginx") !== null);
const hasCaddy = needs("caddy", Bun.which("caddy") !== null);

const JSON_CALL = { accept: "application/json", "sec-fetch-mode": "cors" };

let provider: FakeProvider;
let hello: GatehouseProcess;
let helloPort: number;

beforeAll(async () => {
  helloPort = await freePort();
  hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`]);
  provider = await startFakeProvider();
  provider.users["many"] = {
    ...provider.users["alice"],
    sub: "id-of-many",
    email: "many@example.com",
    groups: Array.from({ length: 100 }, () => randomBytes(15).toString("base64url")),
  };
  await untilAnswering(`http://127.0.0.1:${helloPort}/`, hello);
});
afterAll(() => Promise.all([hello.end(), provider.stop()]));

interface Place {
  readonly app: string;
  readonly port: number;
  readonly gate: DropIn;
  stop(): Promise<void>;
}

/** The documented `rd` is a whole address. */
const WHITELIST = ["--whitelist-domain=app.example.com:*"];

/** The original's documentation wants `--reverse-proxy`, and `--set-xauthrequest` for the identity. */
async function start(
  startGateway: (ports: GatewayPorts) => { stop(): Promise<void> },
  flags: readonly string[] = [],
): Promise<Place> {
  const [gateway, gatePort] = [await freePort(), await freePort()];
  const gate = await startDropIn(
    [...dropInFlags(provider), "--reverse-proxy", "--set-xauthrequest", "--pass-access-token", ...WHITELIST, ...flags],
    { port: gatePort },
  );
  const front = startGateway({ gateway, gate: gatePort, application: helloPort });
  await untilAnswering(`http://127.0.0.1:${gateway}/`);
  return {
    app: `http://app.example.com:${gateway}`,
    port: gateway,
    gate,
    async stop() {
      await front.stop();
      await gate.stop();
    },
  };
}

async function signIn({ app }: Place, path = "/", user = "alice"): Promise<{ browser: Browser; page: Answer }> {
  provider.settings.user = user;
  const browser = new Browser();
  const form = await browser.open(app + path);
  return { browser, page: await browser.submit(form, {}) };
}

const refreshes = (): number => provider.tokenForms.filter((form) => form["grant_type"] === "refresh_token").length;

/** Ask, as whoever is signed in, until the answer to one request was a renewed session. Nobody is sent to sign in meanwhile. */
async function untilRenewed({ app }: Place, browser: Browser): Promise<Answer> {
  return until("a renewal", async () => {
    const before = refreshes();
    const answer = await browser.request(`${app}/x`, { headers: JSON_CALL });
    expect(answer.status).toBe(200);
    return refreshes() > before && answer;
  });
}

/** @param identity the headers that the gateway sets for the application. */
function pageStories(place: () => Place, identity: readonly string[]): void {
  const signInPage = (path: string): string => `${place().app}/oauth2/sign_in?rd=${place().app}${path}`;

  test("a stranger is led to the sign-in page, and from there to the page asked for", async () => {
    const { app } = place();
    const asked = await new Browser().request(`${app}/page?a=1`);
    expect([asked.status, asked.location]).toEqual([302, signInPage("/page?a=1")]);
    const shown = await new Browser().open(`${app}/page?a=1`);
    expect([shown.status, shown.url]).toEqual([200, signInPage("/page?a=1")]);
    const { page, browser } = await signIn(place(), "/page?a=1");
    expect([page.status, page.url]).toEqual([200, `${app}/page?a=1`]);
    const echo = await browser.request(`${app}/page?a=1`, { headers: JSON_CALL });
    expect(JSON.parse(echo.body)).toMatchObject({ target: "/page?a=1" });
  });

  test("an address with more than one parameter ends at some page of the application", async () => {
    const { app } = place();
    provider.settings.user = "alice";
    const browser = new Browser();
    const form = await browser.open(`${app}/deep/link?x=1&y=%2F2`);
    const page = await browser.submit(form, {});
    expect(page.status).toBe(200);
    expect(page.url).toStartWith(`${app}/deep/link?x=1`);
  });

  test("signing out ends it at the gateway", async () => {
    const { app } = place();
    const { browser } = await signIn(place());
    expect((await browser.request(`${app}/page`)).status).toBe(200);
    const out = await browser.open(`${app}/oauth2/sign_out`);
    expect(out.url).toBe(signInPage("/"));
    expect((await browser.request(`${app}/page`)).location).toBe(signInPage("/page"));
  });

  test("what a client says of itself and of the target is not believed", async () => {
    const { app } = place();
    const claims = Object.fromEntries(identity.map((name) => [name, "root"]));
    const spoofed = { ...JSON_CALL, ...claims, "x-forwarded-uri": "/oauth2/sign_in", "x-original-url": `${app}/ping` };
    const stranger = await new Browser().request(`${app}/page`, { headers: spoofed });
    expect([stranger.status, stranger.body.includes("target")]).toEqual([302, false]);
    const { browser } = await signIn(place());
    const page = await browser.request(`${app}/page`, { headers: { ...JSON_CALL, ...claims } });
    expect([page.status, page.body]).toEqual([200, expect.stringContaining("alice@example.com")]);
    expect(page.body).not.toContain("root");
  });
}

function headersOf(page: Answer): Readonly<Record<string, string>> {
  const { headers } = JSON.parse(page.body) as { readonly headers: Readonly<Record<string, string>> };
  return headers;
}

describe.skipIf(!hasNginx)("nginx with auth_request", () => {
  let place: Place;
  beforeAll(async () => {
    place = await start(nginxAsksForEachRequest);
  });
  afterAll(() => place.stop());
  pageStories(() => place, ["x-user", "X-EMAIL"]);

  test("the application learns who it is, with the access token", async () => {
    const { browser } = await signIn(place);
    const page = await browser.request(`${place.app}/x`, { headers: JSON_CALL });
    expect(headersOf(page)).toMatchObject({
      "x-user": "id-of-alice",
      "x-email": "alice@example.com",
      "x-access-token": expect.stringMatching(/^[\da-f]{32}$/),
    });
  });

  test("an API answers a stranger with 401 and no redirect", async () => {
    const answer = await new Browser().request(`${place.app}/api/x`, { headers: JSON_CALL });
    expect([answer.status, answer.location]).toEqual([401, undefined]);
    const { browser } = await signIn(place);
    expect((await browser.request(`${place.app}/api/x`, { headers: JSON_CALL })).status).toBe(200);
  });

  test("a location for some groups only answers everybody else with 403", async () => {
    const inside = await signIn(place, "/staff-only/");
    expect([inside.page.status, inside.page.url]).toEqual([200, `${place.app}/staff-only/`]);
    const outside = await signIn(place, "/", "bob");
    expect((await outside.browser.request(`${place.app}/staff-only/`)).status).toBe(403);
    expect((await new Browser().request(`${place.app}/staff-only/`)).status).toBe(302);
  });
});

describe.skipIf(!hasNginx)("a renewal behind nginx with auth_request", () => {
  let place: Place;
  beforeAll(async () => {
    place = await start(nginxAsksForEachRequest, ["--cookie-refresh=1s"]);
  });
  afterAll(() => place.stop());

  for (const [user, names] of [
    ["alice", ["_oauth2_proxy"]],
    ["many", ["_oauth2_proxy_0", "_oauth2_proxy_1"]],
  ] as const) {
    test(`reaches the browser of ${user} with ${names.length} cookie(s), and the new one is good`, async () => {
      const { browser, page } = await signIn(place, "/", user);
      expect(page.status).toBe(200);
      // Twice: the provider takes each refresh token once only, so the browser must have got the newest.
      for (let times = 0; times < 2; times += 1) {
        const before = browser.cookieHeader(new URL(place.app));
        const renewed = await untilRenewed(place, browser);
        const set = renewed.headers.getSetCookie().map((line) => line.slice(0, line.indexOf("=")));
        expect([...new Set(set)]).toEqual([...names]);
        expect(browser.cookieHeader(new URL(place.app))).not.toBe(before);
      }
    });
  }
});

describe.skipIf(!hasCaddy)("Caddy with forward_auth", () => {
  let place: Place;
  beforeAll(async () => {
    place = await start(caddyAsksForEachRequest);
  });
  afterAll(() => place.stop());

  pageStories(() => place, ["x-auth-request-user", "X-Auth-Request-Email"]);

  test("the application learns who it is", async () => {
    const { browser } = await signIn(place);
    const page = await browser.request(`${place.app}/x`, { headers: JSON_CALL });
    expect(headersOf(page)).toMatchObject({
      "x-auth-request-user": "id-of-alice",
      "x-auth-request-email": "alice@example.com",
    });
  });
});

describe.skipIf(!hasCaddy)("a renewal behind Caddy with forward_auth, which passes no cookie on", () => {
  let place: Place;
  beforeAll(async () => {
    place = await start(caddyAsksForEachRequest, ["--cookie-refresh=1s"]);
  });
  afterAll(() => place.stop());

  test("logs nobody out, although the provider takes each refresh token once only", async () => {
    const { browser } = await signIn(place);
    for (let times = 0; times < 2; times += 1) await untilRenewed(place, browser);
  });
});

describe.skipIf(!hasNginx)("nginx in front of the drop-in, which is in front of the application", () => {
  let place: Place;
  beforeAll(async () => {
    place = await start(nginxInFront, [`--upstream=http://127.0.0.1:${helloPort}`]);
  });
  afterAll(() => place.stop());

  async function inside(): Promise<Browser> {
    provider.settings.user = "alice";
    const browser = new Browser();
    const form = await browser.open(`${place.app}/page?a=1&b=%2F2`);
    expect(form.status).toBe(403);
    const page = await browser.submit(form, {});
    expect([page.status, page.url]).toEqual([200, `${place.app}/page?a=1&b=%2F2`]);
    return browser;
  }

  test("a stranger signs in and lands on exactly the page asked for, which learns who it is and where from", async () => {
    const browser = await inside();
    const headers = { ...JSON_CALL, "x-forwarded-user": "root", "X-Forwarded-Email": "root", "x-real-ip": "6.6.6.6" };
    const echo = await browser.request(`${place.app}/page?a=1&b=%2F2`, { headers });
    expect(JSON.parse(echo.body)).toMatchObject({
      target: "/page?a=1&b=%2F2",
      user: "id-of-alice",
      email: "alice@example.com",
      headers: { host: new URL(place.app).host, "x-real-ip": "127.0.0.1" },
    });
    expect(echo.body).not.toContain("_oauth2_proxy");
  });

  test("a script is told 401 in JSON, a form's body passes", async () => {
    const call = await new Browser().request(`${place.app}/x`, { headers: JSON_CALL });
    expect([call.status, call.headers.get("content-type")]).toEqual([401, "application/json"]);
    const browser = await inside();
    const upload = await browser.request(`${place.app}/upload`, { form: { a: "12345" } });
    expect(JSON.parse(upload.body)).toEqual({ bytes: 7 });
  });

  test("a WebSocket of somebody signed in is bridged, a stranger's is refused", async () => {
    expect(await webSocket(place, new Browser())).toBeUndefined();
    expect(await webSocket(place, await inside())).toBe("hello");
  });

  test("events come one by one, as they happen", async () => {
    const browser = await inside();
    const headers = { host: new URL(place.app).host, cookie: browser.cookieHeader(new URL(place.app)) };
    const response = await fetch(`http://127.0.0.1:${place.port}/sse`, { headers });
    // The stream has no end: that anything comes shows that nobody waits for it.
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(new TextDecoder().decode(first?.value)).toContain("data: event 1");
    await reader?.cancel();
  });
});

/** @returns undefined once refused, or what the application echoed. */
function webSocket({ port, app }: Place, browser: Browser): Promise<string | undefined> {
  const headers = { host: new URL(app).host, cookie: browser.cookieHeader(new URL(app)), origin: app };
  // The library of browsers knows no headers.
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers } as unknown as string[]);
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  socket.addEventListener("open", () => socket.send("hello"));
  socket.addEventListener("message", ({ data }) => (resolve(String(data)), socket.close()));
  socket.addEventListener("close", () => resolve(undefined));
  return promise;
}
