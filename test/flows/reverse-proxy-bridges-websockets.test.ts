import { afterEach, describe, expect, test } from "bun:test";

import type { Handler, WebSocketSide } from "../../src/http/handler.ts";
import { serve } from "../../src/runtime/serve.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { type Front, type FrontOptions, startFront } from "../support/front.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

const log = createLog({ format: "json", level: "error", write: () => undefined });

interface Application {
  readonly requests: Request[];
  readonly messages: (string | Uint8Array)[];
  /** Resolves when the application's side has closed. */
  readonly closed: Promise<readonly [code: number, reason: string]>;
  socket?: WebSocketSide;
}

async function start(options: FrontOptions & { protocol?: string; onOpen?: (socket: WebSocketSide) => void } = {}) {
  const { promise: closed, resolve } = Promise.withResolvers<readonly [number, string]>();
  const application: Application = { requests: [], messages: [], closed };
  const handler: Handler = (request, peer) => {
    application.requests.push(request.clone());
    const response = peer.upgrade?.(
      {
        open: (socket) => {
          application.socket = socket;
          options.onOpen?.(socket);
        },
        message: (data) => {
          application.messages.push(data);
          application.socket?.send(data);
        },
        close: (code, reason) => resolve([code, reason]),
      },
      options.protocol,
    );
    return response ?? new Response("no WebSocket", { status: 400 });
  };
  const server = await serve({ host: "127.0.0.1", port: 0, handler, log });
  cleanUp.push(() => server.stop(0));
  const front = await startFront(server.url, options);
  cleanUp.push(() => front.stop(0));
  return { application, front };
}

interface Client {
  readonly socket: WebSocket;
  readonly opened: Promise<boolean>;
  readonly closed: Promise<readonly [code: number, reason: string]>;
  next(): Promise<unknown>;
}

function open(front: Front, headers: Record<string, string> = {}, protocols: string[] = []): Client {
  const options = { headers, protocols } as unknown as string[];
  const socket = new WebSocket(`${front.url.replace("http", "ws")}/chat?room=1`, options);
  socket.binaryType = "arraybuffer";
  const waiting: ((data: unknown) => void)[] = [];
  const arrived: unknown[] = [];
  socket.addEventListener("message", ({ data }) => {
    const next = waiting.shift();
    if (next === undefined) arrived.push(data);
    else next(data);
  });
  const { promise: opened, resolve: settle } = Promise.withResolvers<boolean>();
  socket.addEventListener("open", () => settle(true));
  const closed = new Promise<readonly [number, string]>((resolve) =>
    socket.addEventListener("close", ({ code, reason }) => {
      settle(false);
      resolve([code, reason]);
    }),
  );
  const next = (): Promise<unknown> =>
    arrived.length > 0 ? Promise.resolve(arrived.shift()) : new Promise((resolve) => waiting.push(resolve));
  return { socket, opened, closed, next };
}

describe("a WebSocket through the reverse proxy", () => {
  test("carries text and bytes both ways, beginning with what the application says at once", async () => {
    const { front, application } = await start({ onOpen: (socket) => void socket.send("welcome") });
    const client = open(front);
    expect(await client.next()).toBe("welcome");
    client.socket.send("hi");
    expect(await client.next()).toBe("hi");
    client.socket.send(new Uint8Array([0, 255, 10]));
    expect(await client.next()).toEqual(new Uint8Array([0, 255, 10]).buffer);
    expect(application.messages[0]).toBe("hi");
  });

  test("shows the application who it is, where from, and its own cookies only", async () => {
    const { front, application } = await start();
    const origin = front.url;
    const client = open(front, {
      Origin: origin,
      Cookie: "gatehouse_session=secret; a=1",
      "X-Forwarded-User": "mallory",
    });
    expect(await client.opened).toBe(true);
    const [request] = application.requests;
    expect(new URL(request!.url).pathname + new URL(request!.url).search).toBe("/chat?room=1");
    expect(request!.headers.get("x-forwarded-user")).toBe("alice");
    expect(request!.headers.get("cookie")).toBe("a=1");
    expect(request!.headers.get("origin")).toBe(origin);
    expect(request!.headers.get("host")).toBe(`127.0.0.1:${front.port}`);
    expect(request!.headers.get("x-forwarded-for")).toBe("127.0.0.1");
  });

  test("speaks the subprotocol that the application chose", async () => {
    const { front } = await start({ protocol: "two" });
    const client = open(front, {}, ["one", "two"]);
    expect(await client.opened).toBe(true);
    expect(client.socket.protocol).toBe("two");
  });

  test("is refused when the application chooses none of the subprotocols, as a browser refuses it", async () => {
    const { front } = await start();
    expect(await open(front, {}, ["one", "two"]).opened).toBe(false);
  });

  test.each([
    [1000, "bye"],
    [4001, "own reason"],
  ])("ends at the application with the client's code %d", async (code, reason) => {
    const { front, application } = await start();
    const client = open(front);
    await client.opened;
    client.socket.close(code, reason);
    expect(await application.closed).toEqual([code, reason]);
  });

  test.each([
    [1001, "restart"],
    [1011, "bug"],
    [4100, ""],
  ])("ends at the client with the application's code %d", async (code, reason) => {
    const { front } = await start({ onOpen: (socket) => socket.close(code, reason) });
    expect(await open(front).closed).toEqual([code, reason]);
  });

  test("ends when its session ends", async () => {
    let end = (): void => undefined;
    let listening = true;
    const onEnd = (listener: () => void): (() => void) => {
      end = listener;
      return () => (listening = false);
    };
    const { front, application } = await start({ context: { session: { expiresAt: 0, onEnd } } });
    const client = open(front);
    expect(await client.opened).toBe(true);
    end();
    expect(await client.closed).toEqual([1008, "The session has ended."]);
    expect((await application.closed)[0]).toBe(1008);
    expect(listening).toBe(false);
  });

  test("ends when its session passes its absolute end", async () => {
    const session = { expiresAt: Date.now() / 1000 + 0.3, onEnd: () => () => undefined };
    const { front } = await start({ context: { session } });
    expect(await open(front).closed).toEqual([1008, "The session has ended."]);
  });

  test.each([
    ["another site", "http://evil.example"],
    ["another port", "http://127.0.0.1:1"],
    ["nowhere", "null"],
    ["a look-alike", "http://127.0.0.1.evil.example"],
  ])("is refused to a page of %s", async (_name, origin) => {
    const { front, application } = await start();
    expect(await open(front, { Origin: origin }).opened).toBe(false);
    expect(application.requests).toHaveLength(0);
    expect(front.lines.join()).toContain("foreign_origin");
  });

  test("is refused with 502 when the application refuses it", async () => {
    const application = await serve({
      host: "127.0.0.1",
      port: 0,
      handler: () => new Response("no", { status: 403 }),
      log,
    });
    cleanUp.push(() => application.stop(0));
    const front = await startFront(application.url);
    cleanUp.push(() => front.stop(0));
    expect(await open(front).opened).toBe(false);
    expect(front.lines.join()).toContain("upstream_unreachable");
  });

  test("slows the application down when the client does not read", async () => {
    const piece = new Uint8Array(100_000);
    let sent = 0;
    const { front } = await start({
      onOpen: (socket) => {
        const timer = setInterval(() => {
          if (socket.waiting() < 1_000_000 && sent < 600) for (let n = 0; n < 5; n += 1, sent += 1) socket.send(piece);
          if (sent >= 600) clearInterval(timer);
        }, 1);
      },
    });
    const client = open(front) as Client & { socket: { pause(): void; resume(): void } };
    await client.opened;
    client.socket.pause();
    let before = -1;
    while (sent !== before) {
      before = sent;
      await Bun.sleep(300);
    }
    // 60 MB were meant to be sent; what is on the way is in buffers of bounded size.
    expect(sent).toBeLessThan(400);
    client.socket.resume();
    for (let n = 0; n < 600; n += 1) await client.next();
    expect(sent).toBe(600);
  });
});
