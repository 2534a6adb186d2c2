import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";

import { ask, cookiesOf, type Door, startDoor } from "../support/oauth2-proxy-door.ts";
import { sendRaw } from "../support/raw-http.ts";

/** Found while recording: Origin was never checked, a WebSocket outlived its session, and could not be switched off. */
let door: Door;
let behindTls: Door;
let off: Door;

beforeAll(async () => {
  [door, behindTls, off] = await Promise.all([
    startDoor(["--whitelist-domain=.listed.test"]),
    startDoor(["--reverse-proxy"]),
    startDoor(["--proxy-websockets=false"]),
  ]);
});
afterAll(() => Promise.all([door, behindTls, off].map((one) => one.stop())));

const open: WebSocket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

function connect(at: Door, headers: Readonly<Record<string, string>>) {
  // The library of browsers knows no headers.
  const socket = new WebSocket(`${at.url.replace("http", "ws")}/chat`, { headers } as unknown as string[]);
  open.push(socket);
  const opened = Promise.withResolvers<boolean>();
  const closed = Promise.withResolvers<number>();
  socket.addEventListener("open", () => opened.resolve(true));
  socket.addEventListener("close", ({ code }) => {
    opened.resolve(false);
    closed.resolve(code);
  });
  return { opened: opened.promise, closed: closed.promise };
}

describe("a WebSocket with somebody's cookie", () => {
  test.each([
    "https://evil.test",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://127.0.0.1.evil.test",
    "http://localhost",
    "null",
    "",
    "file://",
    "https://evillisted.test",
    "https://listed.test.evil.test",
    "https://evil.test;a.listed.test",
    "garbage",
  ])("is not opened for a page of %j", async (origin) => {
    const cookie = cookiesOf(await door.signIn(), door);
    expect(await connect(door, { cookie, origin }).opened).toBe(false);
  });

  test("is opened for our own pages, listed ones, and programs that are no browser", async () => {
    const cookie = cookiesOf(await door.signIn(), door);
    for (const headers of [{ cookie, origin: door.url }, { cookie, origin: "https://a.listed.test" }, { cookie }]) {
      expect(await connect(door, headers).opened).toBe(true);
    }
  });

  test("is not opened for a page that came without TLS, where the site has it", async () => {
    const cookie = cookiesOf(await behindTls.signIn(), behindTls);
    const forwarded = { cookie, "x-forwarded-proto": "https", "x-forwarded-host": "app.test" };
    expect(await connect(behindTls, { ...forwarded, origin: "https://app.test" }).opened).toBe(true);
    expect(await connect(behindTls, { ...forwarded, origin: "http://app.test" }).opened).toBe(false);
  });

  test("ends when the session does", async () => {
    const browser = await door.signIn();
    const socket = connect(door, { cookie: cookiesOf(browser, door), origin: door.url });
    expect(await socket.opened).toBe(true);
    await browser.request(`${door.url}/oauth2/sign_out`);
    expect(await socket.closed).toBe(1008);
  });
});

test("a stranger gets none, and no page or login either", async () => {
  expect(await connect(door, { origin: door.url }).opened).toBe(false);
  const handshake = {
    upgrade: "websocket",
    connection: "upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": btoa("0123456789abcdef"),
    "sec-fetch-mode": "websocket",
  };
  const answer = await ask(`${door.url}/chat`, handshake);
  expect([answer.status, await answer.text()]).toEqual([401, "{}"]);
});

test.each(["a, a", "a,", "a b", ","])(
  "subprotocols that nobody could offer are a mistake of the client's: %j",
  async (offered) => {
    const cookie = cookiesOf(await door.signIn(), door);
    const handshake = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
    const key = `Sec-WebSocket-Key: ${btoa("0123456789abcdef")}`;
    const lines = [...handshake, key, `Cookie: ${cookie}`, `Sec-WebSocket-Protocol: ${offered}`];
    const head = ["GET /chat HTTP/1.1", `Host: 127.0.0.1:${door.port}`, ...lines];
    const { text } = await sendRaw(door.port, `${head.join("\r\n")}\r\n\r\n`, { until: "\r\n\r\n" });
    expect(text).toStartWith("HTTP/1.1 400 ");
  },
);

test("where they are switched off, a handshake is an ordinary request", async () => {
  const cookie = cookiesOf(await off.signIn(), off);
  off.seen.length = 0;
  expect(await connect(off, { cookie, origin: off.url }).opened).toBe(false);
  expect(off.seen.map(({ headers }) => headers["upgrade"])).toEqual([undefined]);
});
