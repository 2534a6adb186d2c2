import { afterEach, describe, expect, test } from "bun:test";

import type { Handler } from "../http/handler.ts";
import { createLog } from "../telemetry/create-log.ts";
import { AddressInUseError } from "./address-in-use-error.ts";
import { type RunningServer, serve, type ServeOptions } from "./serve.ts";

const running: RunningServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop(0);
});

const lines: string[] = [];
const log = createLog({ format: "json", level: "debug", write: (line) => lines.push(line) });

async function start(handler: Handler, options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const server = await serve({ host: "127.0.0.1", port: 0, handler, log, ...options });
  running.push(server);
  return server;
}

/** What a promise was rejected with. */
function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "no failure",
    (error: unknown) => error,
  );
}

describe("a listener", () => {
  test("knows its port and where it can be reached", async () => {
    const server = await start(() => new Response("hi"));
    expect(server.port).toBeGreaterThan(0);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect(await (await fetch(server.url)).text()).toBe("hi");
  });

  test("closes the connection of whoever was too slow with a body", async () => {
    const server = await start(() => new Response(null, { status: 408 }));
    expect((await fetch(server.url)).headers.get("connection")).toBe("close");
  });

  test("tells the peer's address, IPv4 as IPv4 also on an IPv6 socket", async () => {
    const handler: Handler = (_request, peer) => new Response(peer.address());
    expect(await (await fetch((await start(handler)).url)).text()).toBe("127.0.0.1");
    const both = await start(handler, { host: "::" });
    expect(both.url).toBe(`http://[::]:${both.port}`);
    expect(await (await fetch(`http://127.0.0.1:${both.port}`)).text()).toBe("127.0.0.1");
  });

  test("refuses an address that is taken, and names it", async () => {
    const first = await start(() => new Response());
    const second = await failure(serve({ host: "127.0.0.1", port: first.port, handler: () => new Response(), log }));
    expect(second).toBeInstanceOf(AddressInUseError);
    expect(String(second)).toContain(`127.0.0.1:${first.port} is already in use.`);
  });

  test("refuses an address that is not this machine's", async () => {
    const started = await failure(serve({ host: "192.0.2.1", port: 0, handler: () => new Response(), log }));
    expect(started).toMatchObject({
      name: "AddressInUseError",
      reason: "refused",
      address: "192.0.2.1:0",
    });
  });

  test.each([
    [
      "throws",
      (): Response => {
        throw new Error("secret detail");
      },
    ],
    [
      "rejects",
      async (): Promise<Response> => {
        throw new Error("secret detail");
      },
    ],
  ])("answers 500 for a handler that %s, and keeps the reason to the log", async (_name, handler) => {
    const server = await start(handler);
    const response = await fetch(server.url);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe("");
    expect(lines.at(-1)).toContain("secret detail");
  });

  test("asks `onError` what to answer", async () => {
    const onError = (error: unknown): Response => new Response(String(error), { status: 418 });
    const server = await start(() => Promise.reject(new Error("mine")), { onError });
    expect(await (await fetch(server.url)).text()).toBe("Error: mine");
  });
});

describe("stopping", () => {
  test("lets what is in flight finish and accepts nothing new", async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: go, resolve: letGo } = Promise.withResolvers<void>();
    const server = await start(async () => {
      arrive();
      await go;
      return new Response("finished");
    });
    const answer = fetch(server.url);
    await arrived;
    const stopped = server.stop(30);
    expect(await failure(fetch(server.url))).toMatchObject({ code: "ECONNREFUSED" });
    letGo();
    const response = await answer;
    expect(await response.text()).toBe("finished");
    expect(response.headers.get("connection")).toBe("close");
    await stopped;
  });

  test("waits no longer than the grace it was given", async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const server = await start(() => {
      arrive();
      return new Promise<Response>(() => undefined);
    });
    const answer = fetch(server.url).catch(() => "cut off");
    await arrived;
    await server.stop(0.1);
    expect(await answer).toBe("cut off");
  });
});
