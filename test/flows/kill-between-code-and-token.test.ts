import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { type Answer, Browser } from "../support/browser.ts";
import {
  freePort,
  type GatehouseProcess,
  spawnGatehouse,
  temporaryFolder,
  untilAnswering,
} from "../support/gatehouse.ts";
import { until } from "../support/until.ts";

const AUTH = "auth.gatehouse.localhost";
const WIKI = "wiki.gatehouse.localhost";
const CALLBACK = "https://app.example.com/cb";
const CLIENT = `Basic ${btoa("app:secret")}`;
const passwordHash = await hashPassword("correct horse", "bcrypt");
const [port, telemetryPort] = [await freePort(), await freePort()];
const issuer = `http://${AUTH}:${port}`;
const folder = temporaryFolder();

/** What the application does with a request at the moment; a test decides. */
let application: () => Response | Promise<Response> = () => new Response("hello");
let asked = 0;
const upstream = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: () => {
    asked += 1;
    return application();
  },
});

let gatehouse: GatehouseProcess;

beforeAll(async () => {
  const configuration = `
publicUrl: ${issuer}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
cookie: { domain: gatehouse.localhost }
provider: { skipApproval: true }
connectors:
  - id: local
    type: local
    users: [{ email: alice@example.com, name: Alice, passwordHash: "${passwordHash}" }]
apps:
  - { host: "${WIKI}:${port}", upstream: "http://127.0.0.1:${upstream.port}", allow: { everyone: true } }
clients:
  - { id: app, name: App, secret: secret, redirectUris: ["${CALLBACK}"] }
`;
  writeFileSync(join(folder.path, "gatehouse.yaml"), configuration, { mode: 0o600 });
  await start();
});

afterEach(() => {
  application = () => new Response("hello");
});

afterAll(async () => {
  await gatehouse.end();
  await upstream.stop(true);
  folder.remove();
});

async function start(): Promise<void> {
  gatehouse = spawnGatehouse(["serve", "-c", "gatehouse.yaml"], { cwd: folder.path });
  await untilAnswering(`http://127.0.0.1:${port}/ping`, gatehouse);
}

async function killAndStart(): Promise<void> {
  expect(await gatehouse.end("SIGKILL")).toBe("SIGKILL");
  await start();
}

/** Follow redirects until one leaves the provider or a page comes. */
async function walk(browser: Browser, url: string): Promise<Answer> {
  let answer = await browser.request(url);
  while (answer.location?.startsWith(issuer) === true) answer = await browser.request(answer.location);
  return answer;
}

function authorize(browser: Browser): Promise<Answer> {
  const scope = encodeURIComponent("openid email offline_access");
  const redirectUri = encodeURIComponent(CALLBACK);
  return walk(
    browser,
    `${issuer}/auth?client_id=app&redirect_uri=${redirectUri}&response_type=code&scope=${scope}&state=s`,
  );
}

async function signIn(browser: Browser): Promise<void> {
  const form = await browser.open(`http://${WIKI}:${port}/`);
  const page = await browser.submit(form, { username: "alice@example.com", password: "correct horse" });
  expect([page.status, page.body]).toEqual([200, "hello"]);
}

/** A code for somebody who is signed in: nothing is asked. */
async function codeFor(browser: Browser): Promise<string> {
  const answer = await authorize(browser);
  expect(answer.location).toStartWith(CALLBACK);
  return new URL(answer.location ?? "").searchParams.get("code") ?? "";
}

async function token(
  form: Readonly<Record<string, string>>,
): Promise<{ status: number; body: Record<string, string> }> {
  const response = await fetch(`http://127.0.0.1:${port}/token`, {
    method: "POST",
    headers: { authorization: CLIENT, host: `${AUTH}:${port}` },
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: await response.json() };
}

const redeem = (code: string): ReturnType<typeof token> =>
  token({ grant_type: "authorization_code", code, redirect_uri: CALLBACK });

describe("kill -9", () => {
  test("between code and token: the code works exactly once, and the browser is still signed in", async () => {
    const browser = new Browser();
    await signIn(browser);
    const code = await codeFor(browser);
    await killAndStart();
    const answers = await Promise.all(Array.from({ length: 10 }, () => redeem(code)));
    const granted = answers.filter(({ status }) => status === 200);
    expect(granted).toHaveLength(1);
    expect(granted[0]?.body["id_token"]).toBeString();
    expect(answers.filter(({ body }) => body["error"] === "invalid_grant")).toHaveLength(9);
    expect((await browser.request(`http://${WIKI}:${port}/`)).status).toBe(200);
    expect(await codeFor(browser)).not.toBe(code);
  });

  test("right after the token: the code stays used, the refresh token and the keys stay good", async () => {
    const browser = new Browser();
    await signIn(browser);
    const code = await codeFor(browser);
    const { status, body } = await redeem(code);
    expect(status).toBe(200);
    await killAndStart();
    const userinfo = await fetch(`http://127.0.0.1:${port}/userinfo`, {
      headers: { authorization: `Bearer ${body["access_token"] ?? ""}`, host: `${AUTH}:${port}` },
    });
    expect([userinfo.status, (await userinfo.json()).email]).toEqual([200, "alice@example.com"]);
    const refreshed = await token({ grant_type: "refresh_token", refresh_token: body["refresh_token"] ?? "" });
    expect(refreshed.status).toBe(200);
    expect((await redeem(code)).body["error"]).toBe("invalid_grant");
  });

  test("between the sign-in form and the password: the login goes on", async () => {
    const browser = new Browser();
    const form = await authorize(browser);
    expect(form.body).toContain('name="password"');
    await killAndStart();
    const [action = ""] = /\/oauth2\/sign_in/.exec(form.body) ?? [];
    const answer = await browser.request(`${issuer}${action}`, {
      form: {
        connector: "local",
        username: "alice@example.com",
        password: "correct horse",
        rd: new URL(form.url).searchParams.get("rd") ?? "",
      },
      headers: { origin: issuer, "sec-fetch-site": "same-origin" },
    });
    const finished = await walk(browser, answer.location ?? "");
    expect(finished.location).toStartWith(`${CALLBACK}?`);
    expect((await redeem(new URL(finished.location ?? "").searchParams.get("code") ?? "")).status).toBe(200);
  });

  test("right after signing out: the session stays ended", async () => {
    const browser = new Browser();
    await signIn(browser);
    const { cookies } = browser;
    await browser.open(`${issuer}/oauth2/sign_out`);
    await killAndStart();
    browser.cookies = cookies;
    expect((await browser.request(`http://${WIKI}:${port}/`)).status).toBe(302);
  });
});

describe("SIGTERM", () => {
  /** The process was told to end and takes no more connections. */
  async function untilRefusing(): Promise<void> {
    await until("connections to be refused", async () => {
      try {
        await (await fetch(`http://127.0.0.1:${port}/ping`, { headers: { connection: "close" } })).body?.cancel();
        return false;
      } catch {
        return true;
      }
    });
  }

  test("a request in flight is finished first, and no new one is taken", async () => {
    const browser = new Browser();
    await signIn(browser);
    const slow = Promise.withResolvers<Response>();
    application = () => slow.promise;
    const before = asked;
    const inFlight = browser.request(`http://${WIKI}:${port}/slow`);
    await until("the application to be asked", () => asked > before);
    const ended = gatehouse.end("SIGTERM");
    await untilRefusing();
    slow.resolve(new Response("at last"));
    const answer = await inFlight;
    expect([answer.status, answer.body]).toEqual([200, "at last"]);
    expect(await ended).toBe(0);
    await start();
  }, 60_000);

  test("an answer that is half sent is sent to its end", async () => {
    const browser = new Browser();
    await signIn(browser);
    const rest = Promise.withResolvers<undefined>();
    const parts = ["first,", "second,", "third"].map((part) => new TextEncoder().encode(part));
    application = () =>
      new Response(
        new ReadableStream<Uint8Array>({
          async pull(controller) {
            const part = parts.shift();
            if (part === undefined) return controller.close();
            if (parts.length < 2) await rest.promise;
            controller.enqueue(part);
          },
        }),
      );
    const answer = await fetch(`http://127.0.0.1:${port}/stream`, {
      headers: { host: `${WIKI}:${port}`, cookie: browser.cookieHeader(new URL(`http://${WIKI}:${port}/`)) },
    });
    const reader = answer.body?.getReader();
    let text = new TextDecoder().decode((await reader?.read())?.value);
    expect([answer.status, text]).toEqual([200, "first,"]);
    const ended = gatehouse.end("SIGTERM");
    await untilRefusing();
    rest.resolve(undefined);
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
      text += new TextDecoder().decode(read.value);
    }
    expect(text).toBe("first,second,third");
    expect(await ended).toBe(0);
    await start();
  }, 60_000);

  test("idle connections do not hold the end up", async () => {
    const agent = new Browser();
    await signIn(agent);
    await Promise.all(Array.from({ length: 5 }, () => agent.request(`http://${WIKI}:${port}/`)));
    expect(await gatehouse.end("SIGTERM")).toBe(0);
    await start();
  });
});
