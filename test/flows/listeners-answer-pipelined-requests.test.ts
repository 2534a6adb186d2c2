import { afterEach, expect, test } from "bun:test";

import type { Handler } from "../../src/http/handler.ts";
import { pathOf } from "../../src/http/request-target.ts";
import { type RunningServer, serve } from "../../src/runtime/serve.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { sendRaw } from "../support/raw-http.ts";

/** Requests that a client sends without waiting for the answers to the ones before. RFC 9112 §9.3.2 */

const running: RunningServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop(0);
});

const log = createLog({ format: "json", level: "error", write: () => undefined });

async function start(handler: Handler): Promise<number> {
  const server = await serve({ host: "127.0.0.1", port: 0, handler, log });
  running.push(server);
  return server.port;
}

const CLOSE = "Connection: close\r\n";
const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a.example\r\n${more}\r\n`;
const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n\r\nform`;
const answersIn = (text: string): readonly string[] => text.match(/<[^>]*>/g) ?? [];

test.each<readonly [string, Handler]>([
  ["at hand", (request) => new Response(`<${request.method} ${pathOf(request)}>`)],
  ["at hand after a promise", async (request) => new Response(`<${request.method} ${pathOf(request)}>`)],
])("answers %s come in order, bodies between them included", async (_name, handler) => {
  const bytes = get("/1") + post("/2") + get("/3") + get("/4", CLOSE) + get("/never");
  const { text, end } = await sendRaw(await start(handler), bytes);
  expect(answersIn(text)).toEqual(["<GET /1>", "<POST /2>", "<GET /3>", "<GET /4>"]);
  expect(end).toBe("closed");
});

/** The runtime may end the connection instead of answering on; a client then asks again. */
test("behind an answer that takes a moment nothing is mixed up", async () => {
  const expected = ["</1>", "</2>", "</3>"];
  const port = await start(async (request) => {
    await Bun.sleep(request.url.endsWith("/1") ? 50 : 1);
    return new Response(`<${pathOf(request)}>`);
  });
  const { text, end } = await sendRaw(port, get("/1") + get("/2") + get("/3", CLOSE));
  const heard = answersIn(text);
  expect(heard).toEqual(expected.slice(0, heard.length));
  expect(end).not.toBe("open");
});
