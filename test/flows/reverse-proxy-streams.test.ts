import { afterEach, describe, expect, test } from "bun:test";

import type { Handler } from "../../src/http/handler.ts";
import { serve } from "../../src/runtime/serve.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { type Front, type FrontOptions, startFront } from "../support/front.ts";
import { sendRaw } from "../support/raw-http.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

const log = createLog({ format: "json", level: "error", write: () => undefined });

async function start(handler: Handler, options: FrontOptions = {}): Promise<Front> {
  const application = await serve({ host: "127.0.0.1", port: 0, handler, log });
  cleanUp.push(() => application.stop(0));
  const front = await startFront(application.url, options);
  cleanUp.push(() => front.stop(0));
  return front;
}

describe("a stream", () => {
  test("of server-sent events reaches the client event by event, while it goes on", async () => {
    const { promise: acknowledged, resolve: acknowledge } = Promise.withResolvers<void>();
    const front = await start(() => {
      let count = 0;
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (count > 0) await acknowledged;
          count += 1;
          if (count > 2) return controller.close();
          controller.enqueue(new TextEncoder().encode(`data: ${count}\n\n`));
        },
      });
      return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
    });
    const response = await fetch(front.url);
    const reader = response.body!.getReader();
    const first = await reader.read();
    expect(new TextDecoder().decode(first.value)).toBe("data: 1\n\n");
    // The second event is made only after the first has arrived.
    acknowledge();
    const second = await reader.read();
    expect(new TextDecoder().decode(second.value)).toBe("data: 2\n\n");
    expect((await reader.read()).done).toBe(true);
  });

  test("may be quiet for longer than a connection may be idle", async () => {
    const front = await start(
      () =>
        new Response(
          new ReadableStream<string>({
            async start(controller) {
              controller.enqueue("begin ");
              await Bun.sleep(2500);
              controller.enqueue("end");
              controller.close();
            },
          }),
        ),
      { limits: { idleSeconds: 1 } },
    );
    expect(await (await fetch(front.url)).text()).toBe("begin end");
  });

  test("going up reaches the application while the client still sends", async () => {
    const { promise: firstSeen, resolve: sawFirst } = Promise.withResolvers<string>();
    const front = await start(async (request) => {
      const pieces: string[] = [];
      for await (const piece of request.body!) {
        pieces.push(new TextDecoder().decode(piece));
        sawFirst(pieces[0] ?? "");
      }
      return new Response(pieces.join(""));
    });
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode("first "));
        await firstSeen;
        controller.enqueue(new TextEncoder().encode("second"));
        controller.close();
      },
    });
    const response = await fetch(front.url, { method: "POST", body });
    expect(await firstSeen).toBe("first ");
    expect(await response.text()).toBe("first second");
  });

  test("going up ends early when the application answers early", async () => {
    const front = await start(() => new Response("too much", { status: 413, headers: { Connection: "close" } }));
    const head = "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 10000000\r\n\r\n";
    const answer = await sendRaw(front.port, `${head}${"x".repeat(1000)}`, { until: "too much" });
    expect(answer.text).toStartWith("HTTP/1.1 413 ");
  });

  test("of many small requests at once mixes up nothing", async () => {
    const front = await start(async (request) => {
      const url = new URL(request.url);
      await Bun.sleep(Number(url.searchParams.get("n")) % 7);
      return new Response(`${url.pathname}:${await request.text()}`);
    });
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const init = n % 2 === 0 ? {} : { method: "POST", body: `body ${n}` };
        return (await fetch(`${front.url}/${n}?n=${n}`, init)).text();
      }),
    );
    expect(answers).toEqual(Array.from({ length: 200 }, (_, n) => `/${n}:${n % 2 === 0 ? "" : `body ${n}`}`));
  });
});
