import { afterEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { join } from "node:path";

import type { Handler } from "../../src/http/handler.ts";
import { serve } from "../../src/runtime/serve.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { temporaryFolder } from "../support/gatehouse.ts";
import { ALICE, http, startUpstreamsFront, type UpstreamsFrontOptions } from "../support/upstreams-front.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

const log = createLog({ format: "json", level: "error", write: () => undefined });

/** An application that says what it hears, or "plain" to a request that is no WebSocket. */
const echo: Handler = (request, peer) => {
  let answer: (text: string) => void = () => undefined;
  const upgraded = peer.upgrade?.({
    open: (socket) => void (answer = (text) => void socket.send(text)),
    message: (data) =>
      answer(`${new URL(request.url).pathname} ${request.headers.get("x-forwarded-user")} ${String(data)}`),
    close: () => undefined,
  });
  return upgraded ?? new Response("plain", { headers: { "x-upgrade": request.headers.get("upgrade") ?? "none" } });
};

interface Story extends Omit<UpstreamsFrontOptions, "upstreams"> {
  readonly target?: Partial<ReturnType<typeof http>>;
}

async function start({ target = {}, ...options }: Story = {}) {
  const server = await serve({ host: "127.0.0.1", port: 0, handler: echo, log });
  cleanUp.push(() => server.stop(0));
  const requestHeaders = [
    {
      name: "X-Forwarded-User",
      preserveRequestValue: false,
      exactNameOnly: false,
      values: [{ kind: "claim", claim: "user", prefix: "" } as const],
    },
  ];
  const front = await startUpstreamsFront({
    requestHeaders,
    ...options,
    upstreams: [{ target: http(server.url, target) }],
  });
  cleanUp.push(() => front.stop(0));
  return front;
}

/** @returns what came back for "hi", or how it ended instead. */
function say(url: string, headers: Record<string, string> = {}): Promise<unknown> {
  return new Promise((resolve) => {
    const options = { headers } as unknown as string[];
    const socket = new WebSocket(`${url.replace("http", "ws")}/chat`, options);
    socket.addEventListener("open", () => socket.send("hi"));
    socket.addEventListener("message", ({ data }) => {
      resolve(data);
      socket.close();
    });
    socket.addEventListener("close", ({ code }) => resolve(code));
  });
}

const HANDSHAKE = {
  Connection: "keep-alive, Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
};

/** The head of what comes back for a handshake. */
function shakeHands(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const lines = Object.entries({ Host: hostname, ...HANDSHAKE }).map(([name, value]) => `${name}: ${value}\r\n`);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(`GET /chat HTTP/1.1\r\n${lines.join("")}\r\n`));
    socket.on("error", reject);
    socket.on("data", (data) => {
      resolve(data.toString("latin1"));
      socket.destroy();
    });
  });
}

describe("a WebSocket", () => {
  test("is answered with the fields and cookies that go along with any answer", async () => {
    const front = await start({
      context: {
        responseHeaders: [["GAP-Auth", "alice@example.com"]],
        setCookies: ["session=new; Path=/", "old=; Max-Age=0"],
      },
    });
    const head = await shakeHands(front.url);
    expect(head).toStartWith("HTTP/1.1 101 ");
    expect(head.match(/^(?:gap-auth|set-cookie): .*$/gim)?.map((line) => line.trim().toLowerCase())).toEqual([
      "set-cookie: session=new; path=/",
      "set-cookie: old=; max-age=0",
      "gap-auth: alice@example.com",
    ]);
  });

  test("reaches the application with who is signed in", async () => {
    const front = await start();
    expect(await say(front.url, { "X-Forwarded-User": "root" })).toBe("/chat alice-sub hi");
  });

  test("of a page of ours is let through, as the browser knows us", async () => {
    const front = await start({ context: { scheme: "https", host: "app.example.com" } });
    expect(await say(front.url, { Origin: "https://app.example.com" })).toBe("/chat alice-sub hi");
    expect(await say(front.url, { Origin: "https://app.example.com:443" })).toBe("/chat alice-sub hi");
  });

  test.each([["https://evil.test"], ["null"], ["https://app.example.com:8443"], ["https://app.example.com.evil.test"]])(
    "of a page of %s is not",
    async (origin) => {
      const front = await start({ context: { scheme: "https", host: "app.example.com" } });
      expect(await say(front.url, { Origin: origin })).not.toBe("/chat alice-sub hi");
    },
  );

  test("of a page of another site that is trusted is let through", async () => {
    const front = await start({ deps: { trustsOrigin: ({ host }) => host === "friend.test" } });
    expect(await say(front.url, { Origin: "https://friend.test" })).toBe("/chat alice-sub hi");
    expect(await say(front.url, { Origin: "https://enemy.test" })).not.toBe("/chat alice-sub hi");
  });

  test("of any page reaches a place where nobody is signed in", async () => {
    const front = await start({ anonymous: true });
    expect(await say(front.url, { Origin: "https://other.test" })).toBe("/chat null hi");
  });

  test("is not bridged where that is switched off: the application sees a plain request", async () => {
    const front = await start({ target: { proxyWebSockets: false } });
    expect(await say(front.url)).not.toBe("/chat alice-sub hi");
    const response = await fetch(front.url, { headers: HANDSHAKE });
    expect([response.status, await response.text(), response.headers.get("x-upgrade")]).toEqual([200, "plain", "none"]);
  });

  test("ends with the session", async () => {
    const ended: (() => void)[] = [];
    const sessions = { onEnd: (_id: string, listener: () => void) => (ended.push(listener), () => undefined) };
    const front = await start({ deps: { sessions }, context: { session: { ...ALICE, expiresAt: 0 } } });
    const socket = new WebSocket(`${front.url.replace("http", "ws")}/chat`);
    const closed = new Promise((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    for (const end of ended) end();
    expect(await closed).toBe(1008);
  });

  test("to an application that is not there is refused with the page", async () => {
    const front = await startUpstreamsFront({ upstreams: [{ target: http("http://127.0.0.1:1") }] });
    cleanUp.push(() => front.stop(0));
    expect(await say(front.url)).toBeNumber();
    expect(front.lines.join("")).toContain("upstream failed");
  });

  test("reaches an application on a unix socket", async () => {
    const folder = temporaryFolder();
    cleanUp.push(folder.remove);
    const socketPath = join(folder.path, "app.sock");
    const server = Bun.serve({
      unix: socketPath,
      fetch: (request, here) => (here.upgrade(request, { data: undefined }) ? undefined : new Response("plain")),
      websocket: { message: (socket, message) => void socket.send(`unix ${String(message)}`) },
    });
    cleanUp.push(() => server.stop(true));
    const front = await startUpstreamsFront({ upstreams: [{ target: http("http://localhost", { socketPath }) }] });
    cleanUp.push(() => front.stop(0));
    expect(await say(front.url)).toBe("unix hi");
  });
});
