import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { askUpstream } from "./upstream-request.ts";

let server: ReturnType<typeof Bun.serve>;
const seen: string[] = [];

beforeAll(() => {
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      seen.push(`${request.method} ${pathname} ${await request.text()}`);
      if (pathname === "/endless") return new Response(endless());
      if (pathname === "/redirect") return new Response(null, { status: 302, headers: { Location: "/ok" } });
      const status = Number(pathname.slice(1));
      if (status > 0) return new Response("words", { status });
      return new Response('{"a":1}', { headers: { "Content-Type": "Application/JSON; charset=utf-8" } });
    },
  });
});

afterAll(() => server.stop(true));

function endless(): ReadableStream {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(97)) });
}

const ask = (path: string, options: { form?: URLSearchParams; followRedirects?: boolean } = {}): Promise<unknown> =>
  askUpstream(fetch, { what: "the thing", url: `${server.url.origin}${path}`, ...options }).catch(
    (error: unknown) => error,
  );

describe("askUpstream", () => {
  test("reads an answer", async () => {
    expect(await ask("/ok")).toEqual({ status: 200, contentType: "application/json", text: '{"a":1}' });
  });

  test.each([400, 401, 403, 404])("hands %d on", async (status) => {
    expect(await ask(`/${status}`)).toMatchObject({ status, text: "words" });
  });

  test.each([408, 429, 500, 503])("takes %d for unreachable", async (status) => {
    expect(await ask(`/${status}`)).toMatchObject({
      reason: "unreachable",
      cause: { message: `the thing answered ${status}` },
    });
  });

  test("follows a redirect only where asked to", async () => {
    expect(await ask("/redirect")).toMatchObject({ cause: { message: "the thing answered 302" } });
    expect(await ask("/redirect", { followRedirects: true })).toMatchObject({ status: 200 });
  });

  test("never sends a form on to another place", async () => {
    seen.length = 0;
    const answer = await ask("/redirect", { form: new URLSearchParams({ code: "secret" }), followRedirects: true });
    expect(answer).toMatchObject({ reason: "unreachable" });
    expect(seen).toEqual(["POST /redirect code=secret"]);
  });

  test("does not read an endless answer", async () => {
    expect(await ask("/endless")).toMatchObject({
      reason: "unreachable",
      cause: { message: "the thing did not answer: the answer is longer than 1048576 bytes" },
    });
  });

  test("says why when nobody is there", async () => {
    const error = await askUpstream(fetch, { what: "the thing", url: "http://127.0.0.1:1/" }).catch((e: unknown) => e);
    expect(error).toMatchObject({ reason: "unreachable", status: 503 });
  });
});
