import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, lstatSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Handler, WebSocketSide } from "../../src/http/handler.ts";
import { connectWebSocket } from "../../src/runtime/connect-web-socket.ts";
import { serveListener } from "../../src/runtime/serve-listener.ts";
import type { RunningServer } from "../../src/runtime/serve.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { temporaryFolder } from "../support/gatehouse.ts";

const running: RunningServer[] = [];
const folders: { remove(): void }[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop(0);
  for (const made of folders.splice(0)) made.remove();
});

function folder(): string {
  const made = temporaryFolder();
  folders.push(made);
  return made.path;
}

const log = createLog({ format: "json", level: "error", write: () => undefined });
const whoAsks: Handler = (request, peer) =>
  new Response(`${request.method} ${new URL(request.url).pathname} from "${peer.address()}" ${peer.secure ?? false}`);

async function listen(path: string, mode?: number): Promise<RunningServer> {
  const address = { kind: "unix", path, ...(mode === undefined ? {} : { mode }) } as const;
  const server = await serveListener({ address }, { handler: whoAsks, log });
  running.push(server);
  return server;
}

const ask = async (path: string): Promise<string> => (await fetch("http://localhost/page", { unix: path })).text();

test("it answers, tells no address of whoever asks, and says where it listens", async () => {
  const path = join(folder(), "gate.sock");
  expect((await listen(path)).url).toBe(`unix:${path}`);
  expect(await ask(path)).toBe('GET /page from "" false');
});

test("a name without a file is listened on as well", async () => {
  const name = `@gatehouse-test-${process.pid}`;
  await listen(name);
  expect(await ask(`\0${name.slice(1)}`)).toBe('GET /page from "" false');
});

test("a WebSocket goes to an upstream on a unix socket", async () => {
  const path = join(folder(), "app.sock");
  const handler: Handler = (request, peer) => {
    const { promise: opened, resolve: open } = Promise.withResolvers<WebSocketSide>();
    const answer = (data: string | Uint8Array): void => {
      void opened.then((side) => side.send(`${request.headers.get("host") ?? ""} ${request.url} ${String(data)}`));
    };
    return peer.upgrade?.({ open, message: answer, close: () => undefined }) ?? new Response(null, { status: 400 });
  };
  running.push(await serveListener({ address: { kind: "unix", path } }, { handler, log }));
  const { promise: heard, resolve: message } = Promise.withResolvers<unknown>();
  const { socket } = await connectWebSocket(
    {
      origin: "http://localhost",
      socketPath: path,
      target: "/chat?room=1",
      headers: [["Host", "app.example"]],
      protocols: [],
      timeoutSeconds: 5,
    },
    { open: () => undefined, message, close: () => undefined },
  );
  socket.send("hi");
  expect(await heard).toBe("app.example http://app.example/chat?room=1 hi");
  socket.close();
});

describe("its permissions", () => {
  test.each([0o600, 0o660, 0o666, 0o777])("are the given ones: %o", async (mode) => {
    const path = join(folder(), "gate.sock");
    await listen(path, mode);
    expect(lstatSync(path).mode & 0o777).toBe(mode);
  });

  test("are by umask when none are given, which stays as it was", async () => {
    const before = process.umask(0o027);
    try {
      const path = join(folder(), "gate.sock");
      await listen(path);
      expect(lstatSync(path).mode & 0o777).toBe(0o750);
      await listen(join(folder(), "other.sock"), 0o666);
      expect(process.umask()).toBe(0o027);
    } finally {
      process.umask(before);
    }
  });
});

describe("what lies there already", () => {
  test("is replaced when it is the socket of a process that died", async () => {
    const path = join(folder(), "gate.sock");
    // Moved away, the file is not found at the end: what a process leaves behind that is killed.
    await listen(`${path}.before`);
    renameSync(`${path}.before`, path);
    await running.pop()?.stop(0);
    expect(lstatSync(path).isSocket()).toBe(true);
    await listen(path);
    expect(await ask(path)).toContain("GET /page");
  });

  test("is left alone when somebody answers there", async () => {
    const path = join(folder(), "gate.sock");
    await listen(path);
    await expect(listen(path)).rejects.toMatchObject({ reason: "taken", message: `unix:${path} is already in use.` });
    expect(await ask(path)).toContain("GET /page");
  });

  test("is left alone when it is a file", async () => {
    const path = join(folder(), "gate.sock");
    writeFileSync(path, "precious");
    await expect(listen(path)).rejects.toMatchObject({ reason: "taken", address: `unix:${path}` });
    expect(readFileSync(path, "utf8")).toBe("precious");
  });
});

test("a folder that is not there is an error with the socket's name", async () => {
  await expect(listen("/nowhere/gate.sock")).rejects.toMatchObject({
    message: "unix:/nowhere/gate.sock cannot be listened on (ENOENT).",
  });
});

test("its file is removed at the end", async () => {
  const path = join(folder(), "gate.sock");
  await (await listen(path)).stop(1);
  expect(existsSync(path)).toBe(false);
});
