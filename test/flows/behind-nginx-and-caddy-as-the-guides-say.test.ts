import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Answer, Browser } from "../support/browser.ts";
import { freePort, spawnGatehouse, untilAnswering } from "../support/gatehouse.ts";
import {
  type Gateway,
  type Running,
  caddy,
  caddyOfReadme,
  nginx,
  nginxOfReadme,
  startBehind,
} from "../support/guide-gateways.ts";
import { needs } from "../support/needs.ts";

const helloPort = await freePort();
const hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`]);
beforeAll(() => untilAnswering(`http://127.0.0.1:${helloPort}/`, hello));
afterAll(() => hello.end());

async function signIn({ wiki }: Running, username: string, path = "/"): Promise<{ browser: Browser; page: Answer }> {
  const browser = new Browser();
  const form = await browser.open(wiki + path);
  return { browser, page: await browser.submit(form, { username, password: "correct horse" }) };
}

const JSON_CALL = { accept: "application/json", "sec-fetch-mode": "cors" };
/** Every header that an application could take for an identity of ours. */
const CLAIMS = {
  "x-auth-request-user": "root",
  "X-AUTH-REQUEST-EMAIL": "root",
  "X-Auth-Request-Groups": "root",
  "X-Forwarded-User": "root",
  "x-forwarded-email": "root",
  "X-Forwarded-Groups": "root",
  "X-Auth-Request-Preferred-Username": "root",
  "X-Forwarded-Preferred-Username": "root",
};
const FOLDED_CLAIMS = { X_Auth_Request_User: "root", x_forwarded_user: "root", X_FORWARDED_EMAIL: "root" };

/** @returns undefined once refused, or what the application echoed. */
function webSocket({ port, wiki }: Running, browser: Browser): Promise<string | undefined> {
  const headers = { host: new URL(wiki).host, cookie: browser.cookieHeader(new URL(wiki)), origin: wiki };
  // The library of browsers knows no headers.
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers } as unknown as string[]);
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  socket.addEventListener("open", () => socket.send("hello"));
  socket.addEventListener("message", ({ data }) => (resolve(String(data)), socket.close()));
  socket.addEventListener("close", () => resolve(undefined));
  return promise;
}

function gatewayStory(gateway: Gateway): void {
  let running: Running;
  beforeAll(async () => {
    running = await startBehind(gateway, helloPort);
  });
  afterAll(() => running.stop());
  const program = (path: string, headers = {}, method = "GET"): Promise<Answer> =>
    new Browser().request(running.wiki + path, { method, headers: { ...JSON_CALL, ...headers } });

  test("a stranger signs in and lands on exactly the page asked for, which learns who it is", async () => {
    const path = "/page?a=1&b=%2F2&c=%26&d=x+y";
    const asked = await new Browser().request(running.wiki + path);
    expect(asked.status).toBe(302);
    expect(asked.location).toStartWith(`${running.auth}/oauth2/start?rd=`);
    const { page, browser } = await signIn(running, "admin@example.com", path);
    expect([page.status, page.url]).toEqual([200, running.wiki + path]);
    const echo = await browser.request(running.wiki + path, { headers: JSON_CALL });
    expect(JSON.parse(echo.body)).toMatchObject({
      target: path,
      user: "admin@example.com",
      email: "admin@example.com",
      groups: "staff,a%2Cb",
      headers: { host: new URL(running.wiki).host },
    });
  });

  test("what a client claims to be does not arrive, of somebody in no group and of a stranger neither", async () => {
    const { browser } = await signIn(running, "admin@example.com");
    const page = await browser.request(`${running.wiki}/x`, { headers: { ...JSON_CALL, ...CLAIMS } });
    expect([page.status, page.body]).toEqual([200, expect.not.stringContaining("root")]);
    expect(JSON.parse(page.body)).toMatchObject({ user: "admin@example.com", groups: "staff,a%2Cb" });
    const guest = await signIn(running, "bob@example.com");
    for (const visitor of [guest.browser, new Browser()]) {
      const open = await visitor.request(`${running.wiki}/open/x`, { headers: { ...JSON_CALL, ...CLAIMS } });
      expect([open.status, open.body]).toEqual([200, expect.not.stringContaining("root")]);
    }
  });

  test("nor does it with underscores, which CGI, WSGI and PHP fold", async () => {
    const { browser } = await signIn(running, "admin@example.com");
    const page = await browser.request(`${running.wiki}/x`, { headers: { ...JSON_CALL, ...FOLDED_CLAIMS } });
    expect([page.status, page.body]).toEqual([200, expect.not.stringContaining("root")]);
  });

  test("somebody who may not enter gets 403, and nothing arrives", async () => {
    const { page, browser } = await signIn(running, "bob@example.com");
    expect([page.status, page.url]).toEqual([403, `${running.wiki}/`]);
    const call = await browser.request(`${running.wiki}/api`, { headers: JSON_CALL });
    expect([call.status, call.location]).toEqual([403, undefined]);
    expect(call.body).not.toContain("target");
  });

  test("a program, a script, a form and a WebSocket handshake of a stranger get 401 without a redirect", async () => {
    const upgrade = { connection: "upgrade", upgrade: "websocket", "sec-websocket-key": "eA==" };
    const answers = [
      await program("/api"),
      await program("/api", { accept: "text/html" }),
      await program("/api", {
        accept: "text/html",
        "sec-fetch-mode": "navigate",
        "x-requested-with": "XMLHttpRequest",
      }),
      await program("/api", { accept: "text/html", "sec-fetch-mode": "navigate" }, "POST"),
      await program("/ws", { accept: "text/html", "sec-fetch-mode": "websocket", ...upgrade }),
    ];
    for (const { status, location } of answers) expect([status, location]).toEqual([401, undefined]);
    const [first] = answers;
    expect(first?.body.includes(`"sign_in_url":"${running.auth}/oauth2/start`)).toBe(gateway.tellsPrograms);
  });

  test("a form's body passes", async () => {
    const { browser } = await signIn(running, "admin@example.com");
    const page = await browser.request(`${running.wiki}/upload`, { form: { a: "12345" } });
    expect([page.status, JSON.parse(page.body)]).toEqual([200, { bytes: 7 }]);
  });

  test("no WebSocket of a stranger, nor of somebody who may not enter, is opened", async () => {
    expect(await webSocket(running, new Browser())).toBeUndefined();
    expect(await webSocket(running, (await signIn(running, "bob@example.com")).browser)).toBeUndefined();
  });

  if (gateway.webSockets) {
    test("a WebSocket of somebody who is signed in is", async () => {
      expect(await webSocket(running, (await signIn(running, "admin@example.com")).browser)).toBe("hello");
    });
  }

  test("signing out ends it, in the application too", async () => {
    const { browser } = await signIn(running, "admin@example.com");
    const stolen = browser.cookieHeader(new URL(running.wiki));
    const out = await browser.open(`${running.auth}/oauth2/sign_out`);
    expect(out.url).toBe(`${running.auth}/oauth2/signed_out`);
    expect((await browser.request(`${running.wiki}/`)).location).toStartWith(`${running.auth}/oauth2/start`);
    expect((await program("/", { cookie: stolen })).status).toBe(401);
  });

  test("what a client says about the target is not believed", async () => {
    const spoofed = {
      "x-original-url": "http://open.example.com/",
      "x-original-method": "GET",
      "x-forwarded-uri": "/healthz",
      "x-forwarded-host": "open.example.com",
      "x-forwarded-method": "GET",
    };
    expect((await program("/page", spoofed)).status).toBe(401);
    expect((await program("/page", { ...spoofed, "if-none-match": "*", range: "bytes=0-0" })).status).toBe(401);
  });

  test("public rules hold for their method and path only, and an unknown host is nobody's", async () => {
    expect((await program("/healthz")).status).toBe(200);
    expect((await program("/healthz", {}, "POST")).status).toBe(401);
    const { browser } = await signIn(running, "admin@example.com");
    const cookie = browser.cookieHeader(new URL(running.wiki));
    for (const path of ["/healthz;x", "/healthz%2f..%2fadmin", "/healthz%00"]) {
      expect((await program(path, { cookie })).status).not.toBe(200);
    }
    expect((await program("/", { cookie, host: "nowhere.example.com" })).body).not.toContain("admin@example.com");
  });

  describe("whose address is not in trustedProxies", () => {
    let wrong: Running;
    beforeAll(async () => {
      wrong = await startBehind(gateway, helloPort, "");
    });
    afterAll(() => wrong.stop());

    test("gets nobody in, and the log names trustedProxies and the address", async () => {
      const stranger = await new Browser().request(`${wrong.wiki}/`);
      expect([stranger.status, stranger.location]).toEqual([403, undefined]);
      expect((await new Browser().request(`${wrong.wiki}/healthz`)).status).toBe(403);
      const browser = new Browser();
      const form = await browser.open(`${wrong.auth}/oauth2/sign_in`);
      await browser.submit(form, { username: "admin@example.com", password: "correct horse" });
      expect(browser.cookieHeader(new URL(wrong.wiki))).toContain("gatehouse_session=");
      expect((await browser.request(`${wrong.wiki}/`)).status).toBe(403);
      const line =
        wrong
          .log()
          .split("\n")
          .find((one) => one.includes("trustedProxies")) ?? "{}";
      expect(JSON.parse(line)).toMatchObject({ level: "warn", peer: "127.0.0.1" });
    });
  });
}

const hasNginx = needs("nginx", Bun.which("nginx") !== null);
const hasCaddy = needs("caddy", Bun.which("caddy") !== null);

describe.skipIf(!hasNginx)("nginx, as the guide says", () => gatewayStory(nginx));
describe.skipIf(!hasNginx)("nginx, as the README says", () => gatewayStory(nginxOfReadme));
describe.skipIf(!hasCaddy)("Caddy, as the guide says", () => gatewayStory(caddy));
describe.skipIf(!hasCaddy)("Caddy, as the README says", () => gatewayStory(caddyOfReadme));
