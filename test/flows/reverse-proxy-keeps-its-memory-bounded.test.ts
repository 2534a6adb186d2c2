import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";

import { createHelloHandler } from "../../src/cli/hello.ts";
import { type RunningServer, serve } from "../../src/runtime/serve.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { startGatehouse } from "../support/gatehouse.ts";

const MEGABYTES = 200;
/** What 200 MB may add to the memory of the process they pass through. */
const GROWTH_MEGABYTES = 64;
const HOST = "files.gatehouse.localhost";

let application: RunningServer;
let gatehouse: Awaited<ReturnType<typeof startGatehouse>>;

beforeAll(async () => {
  const log = createLog({ format: "json", level: "error", write: () => undefined });
  application = await serve({ host: "127.0.0.1", port: 0, handler: createHelloHandler({}), log });
  gatehouse = await startGatehouse(
    ({ port, telemetryPort }) => `
publicUrl: http://auth.gatehouse.localhost:${port}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
cookie: { domain: gatehouse.localhost }
connectors:
  - { id: local, type: local, users: [{ email: a@example.com, name: A, passwordHash: "$2a$10$33EMT0cVYVlPy6WAMCLsceLYjWhuHpbz5yuZxu/GAFj03J9Lytjuy" }] }
apps:
  - { host: "${HOST}:${port}", upstream: "${application.url}", public: true }
`,
  );
});

afterAll(async () => {
  await gatehouse.stop();
  await application.stop(0);
});

/** The most memory the process has had so far, in megabytes. */
function peakMegabytes(): number {
  const status = readFileSync(`/proc/${gatehouse.process.pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
}

/** Read an answer slowly: a pause after each quarter of it. @returns bytes of everything that came. */
function download(target: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let nextPause = (MEGABYTES / 4) * 1e6;
    const socket = connect(gatehouse.port, "127.0.0.1");
    let tail = "";
    socket.on("data", (data: Buffer) => {
      bytes += data.length;
      tail = (tail + data.toString("latin1", Math.max(0, data.length - 5))).slice(-5);
      if (tail === "0\r\n\r\n") {
        socket.destroy();
        resolve(bytes);
      }
      if (bytes < nextPause) return;
      nextPause += (MEGABYTES / 4) * 1e6;
      socket.pause();
      setTimeout(() => socket.resume(), 200);
    });
    socket.on("error", reject);
    socket.write(`GET ${target} HTTP/1.1\r\nHost: ${HOST}:${gatehouse.port}\r\n\r\n`);
  });
}

describe.skipIf(!existsSync("/proc/self/status"))("200 MB pass through the reverse proxy in bounded memory", () => {
  test("down, to a client that stops reading now and then", async () => {
    await download("/stream?mb=1");
    const before = peakMegabytes();
    expect(await download(`/stream?mb=${MEGABYTES}`)).toBeGreaterThanOrEqual(MEGABYTES * 1e6);
    expect(peakMegabytes() - before).toBeLessThan(GROWTH_MEGABYTES);
  });

  test("up, from a client that sends as fast as it may", async () => {
    const before = peakMegabytes();
    const piece = new Uint8Array(1_000_000);
    let left = MEGABYTES;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (left === 0) return controller.close();
          left -= 1;
          controller.enqueue(piece);
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { Host: `${HOST}:${gatehouse.port}` };
    const response = await fetch(`http://127.0.0.1:${gatehouse.port}/upload`, { method: "POST", headers, body });
    expect(await response.json()).toEqual({ bytes: MEGABYTES * 1e6 });
    expect(peakMegabytes() - before).toBeLessThan(GROWTH_MEGABYTES);
  });
});
