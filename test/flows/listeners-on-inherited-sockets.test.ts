import { afterEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";

import { freePort, temporaryFolder } from "../support/gatehouse.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";

const PROCESS = join(import.meta.dir, "..", "support", "listener-process.ts");
const LISTENER = JSON.stringify({ address: { kind: "fd", fd: 3 } });
const ACTIVATE = "/usr/bin/systemd-socket-activate";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

interface Child {
  output(): string;
  signal(name: NodeJS.Signals): void;
  readonly exited: Promise<number>;
}

/** Start a process; `inherited` becomes its descriptor 3. */
function start(command: readonly string[], inherited?: number): Child {
  const child = Bun.spawn([...command], {
    stdio: ["ignore", "pipe", "pipe", ...(inherited === undefined ? [] : [inherited])],
  });
  let output = "";
  const collect = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const chunk of stream) output += new TextDecoder().decode(chunk);
  };
  const reading = Promise.all([collect(child.stdout), collect(child.stderr)]);
  endings.push(() => child.kill("SIGKILL"));
  const exited = child.exited.then(async (code) => {
    await reading;
    return code;
  });
  return { output: () => output, signal: (name) => child.kill(name), exited };
}

const start3 = (inherited: number): Child => start([process.execPath, PROCESS, LISTENER], inherited);

/** A socket that listens, opened by us and answered on by somebody else. */
async function open(place: { readonly path: string } | { readonly host: string; readonly port: number }): Promise<{
  readonly fd: number;
  readonly port: number;
}> {
  const server: Server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(place, resolve));
  const address = server.address();
  // Not declared: the handle is the runtime's.
  const { fd } = (server as unknown as { readonly _handle: { readonly fd: number } })._handle;
  endings.push(() => server.close());
  return { fd, port: address === null || typeof address === "string" ? 0 : address.port };
}

describe("a socket that the parent opened", () => {
  test("is listened on when it is none: an error with its name", async () => {
    const child = start([process.execPath, PROCESS, JSON.stringify({ address: { kind: "fd", fd: 77 } })]);
    expect(await child.exited).toBe(1);
    expect(child.output()).toContain("AddressInUseError: fd:77 cannot be listened on");
  });

  test("on a path is answered on, and its file is the parent's: it stays", async () => {
    const folder = temporaryFolder();
    endings.push(() => folder.remove());
    const path = join(folder.path, "gate.sock");
    const child = start3((await open({ path })).fd);
    await until("the child", () => child.output().includes("listening fd:3"));
    // Both processes accept here; the parent hangs up.
    const answer = await until("the child's answer", () =>
      fetch("http://localhost/", { unix: path }).then(
        (response) => response.text(),
        () => undefined,
      ),
    );
    expect(answer).toStartWith("peer= secure=false");
    child.signal("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(existsSync(path)).toBe(true);
  });
});

describe.skipIf(!needs("systemd-socket-activate", existsSync(ACTIVATE)))("systemd's socket activation", () => {
  const activate = (port: number): Child =>
    start([ACTIVATE, `--listen=127.0.0.1:${port}`, process.execPath, PROCESS, LISTENER]);

  test("starts the process at the first connection, which is answered", async () => {
    const port = await freePort();
    const child = activate(port);
    await until("the socket", () => child.output().includes("Listening on"));
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toStartWith("peer=127.0.0.1 secure=false");
  });

  test("lets what is in flight finish at SIGTERM", async () => {
    const port = await freePort();
    const child = activate(port);
    await until("the socket", () => child.output().includes("Listening on"));
    const answer = fetch(`http://127.0.0.1:${port}/slow`);
    await until("the request", () => child.output().includes("in flight"));
    child.signal("SIGTERM");
    const response = await answer;
    expect(await response.text()).toStartWith("peer=127.0.0.1");
    expect(response.headers.get("connection")).toBe("close");
    expect(await child.exited).toBe(0);
  });
});
