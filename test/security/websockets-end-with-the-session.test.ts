import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { Browser } from "../support/browser.ts";
import { startFront } from "../support/front.ts";
import { freePort, spawnGatehouse, startGatehouse, untilAnswering } from "../support/gatehouse.ts";
import { startRawServer } from "../support/raw-http.ts";
import { until } from "../support/until.ts";

const AUTH = "auth.gatehouse.localhost";
const CHAT = "chat.gatehouse.localhost";
const passwordHash = await hashPassword("correct horse", "bcrypt");
const helloPort = await freePort();
const hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`]);

let gatehouse: Awaited<ReturnType<typeof startGatehouse>>;

beforeAll(async () => {
  await untilAnswering(`http://127.0.0.1:${helloPort}/`, hello);
  gatehouse = await startGatehouse(
    ({ port, telemetryPort }) => `
publicUrl: http://${AUTH}:${port}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
cookie: { domain: gatehouse.localhost }
connectors:
  - { id: local, type: local, users: [{ email: alice@example.com, passwordHash: "${passwordHash}" }] }
apps:
  - { host: "${CHAT}:${port}", allow: { everyone: true }, upstream: "http://127.0.0.1:${helloPort}" }
`,
  );
});

afterAll(async () => {
  await gatehouse.stop();
  await hello.end();
});

async function signIn(): Promise<Browser> {
  const browser = new Browser();
  await browser.request(gatehouse.url(AUTH, "/oauth2/sign_in"), {
    form: { connector: "local", username: "alice@example.com", password: "correct horse" },
  });
  return browser;
}

function open(browser: Browser, origin = gatehouse.url(CHAT, "").replace(/\/$/, "")) {
  const url = gatehouse.url(CHAT, "/ws");
  const headers = { host: new URL(url).host, cookie: browser.cookieHeader(new URL(url)), origin };
  // The library of browsers knows no headers.
  const socket = new WebSocket(`ws://127.0.0.1:${gatehouse.port}/ws`, { headers } as unknown as string[]);
  const opened = Promise.withResolvers<boolean>();
  const closed = Promise.withResolvers<number>();
  socket.addEventListener("open", () => opened.resolve(true));
  socket.addEventListener("close", ({ code }) => {
    opened.resolve(false);
    closed.resolve(code);
  });
  return { opened: opened.promise, closed: closed.promise };
}

describe("a WebSocket", () => {
  test("ends when its session does", async () => {
    const browser = await signIn();
    const socket = open(browser);
    expect(await socket.opened).toBe(true);
    await browser.request(gatehouse.url(AUTH, "/oauth2/sign_out"));
    expect(await socket.closed).toBe(1008);
  });

  test("ends with its session after the configuration was reloaded", async () => {
    const browser = await signIn();
    const socket = open(browser);
    expect(await socket.opened).toBe(true);
    process.kill(gatehouse.process.pid, "SIGHUP");
    await until("the reload", async () => gatehouse.process.output().includes("configuration reloaded"));
    await browser.request(gatehouse.url(AUTH, "/oauth2/sign_out"));
    expect(await socket.closed).toBe(1008);
  });

  test.each([
    ["another host", "http://evil.gatehouse.localhost"],
    ["nowhere", "null"],
    ["another port", `http://${CHAT}:1`],
    ["a host that begins like ours", `http://${CHAT}.evil.test`],
  ])("is not opened for a page of %s", async (_name, origin) => {
    expect(await open(await signIn(), origin).opened).toBe(false);
  });

  test("is not opened when its session ends while the upstream takes its time", async () => {
    const listeners = new Set<() => void>();
    const onEnd = (listener: () => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    };
    const { promise: asked, resolve } = Promise.withResolvers<{ accept(): void }>();
    const slow = await startRawServer((socket, head) => {
      const key = /sec-websocket-key: *(\S+)/i.exec(head)?.[1] ?? "";
      const accept = new Bun.CryptoHasher("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      resolve({
        accept: () =>
          socket.write(
            `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
          ),
      });
    });
    const front = await startFront(`http://127.0.0.1:${slow.port}`, { context: { session: { expiresAt: 0, onEnd } } });
    const answer = fetch(front.url, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": btoa("0123456789abcdef"),
      },
    });
    const upstream = await asked;
    for (const listener of listeners) listener();
    upstream.accept();
    expect((await answer).status).toBe(401);
    expect(listeners.size).toBe(0);
    slow.stop();
    await front.stop(0);
  });
});
