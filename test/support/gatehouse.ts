import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The kernel soon gives a port again that nobody has taken yet. */
const given = new Set<number>();

/** A port of the loopback that is free now, each time another one. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    if (address === null || typeof address === "string") throw new Error("no port");
    if (given.has(address.port)) continue;
    given.add(address.port);
    return address.port;
  }
}

/** A temporary folder that is removed with `remove`. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface GatehouseProcess {
  readonly pid: number;
  /** What it printed so far, both streams. */
  output(): string;
  /** Send a signal and wait for the end. @returns the exit status, or the signal's name. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
  readonly exited: Promise<number | string>;
}

const LAUNCHER = join(import.meta.dir, "..", "..", "bin", "gatehouse");

/** Start `bin/gatehouse` as a user would. */
export function spawnGatehouse(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>>; readonly launcher?: string } = {},
): GatehouseProcess {
  let output = "";
  const child = Bun.spawn([options.launcher ?? LAUNCHER, ...args], {
    cwd: options.cwd ?? process.cwd(),
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/", ...options.env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const collect = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) output += decoder.decode(chunk, { stream: true });
  };
  const reading = Promise.all([collect(child.stdout), collect(child.stderr)]);
  const exited = child.exited.then(async () => {
    await reading;
    return child.signalCode ?? child.exitCode ?? "unknown";
  });
  return {
    pid: child.pid,
    output: () => output,
    exited,
    async end(signal = "SIGTERM") {
      child.kill(signal);
      return exited;
    },
  };
}

/** Wait until an HTTP answer (any status) comes from a URL; throws after 20 s, or when the process has ended. */
export async function untilAnswering(url: string, running?: GatehouseProcess): Promise<void> {
  const process = { ended: false };
  void running?.exited.then(() => (process.ended = true));
  for (let tries = 0; tries < 400 && !process.ended; tries += 1) {
    try {
      await (await fetch(url, { redirect: "manual" })).body?.cancel();
      return;
    } catch {
      await Bun.sleep(50);
    }
  }
  throw new Error(`nothing answers at ${url}: ${running?.output() ?? ""}`);
}

/** A native Gatehouse in its own process, from a configuration file in a temporary folder. */
export async function startGatehouse(
  configuration: (ports: { readonly port: number; readonly telemetryPort: number }) => string,
  env: Readonly<Record<string, string>> = {},
): Promise<{
  readonly port: number;
  readonly telemetryPort: number;
  readonly folder: string;
  readonly process: GatehouseProcess;
  /** `http://HOST:PORT/path` */
  url(host: string, path: string): string;
  stop(): Promise<void>;
}> {
  const folder = temporaryFolder();
  const [port, telemetryPort] = [await freePort(), await freePort()];
  writeFileSync(join(folder.path, "gatehouse.yaml"), configuration({ port, telemetryPort }));
  const running = spawnGatehouse(["serve", "-c", "gatehouse.yaml"], { cwd: folder.path, env });
  await untilAnswering(`http://127.0.0.1:${port}/ping`, running);
  return {
    port,
    telemetryPort,
    folder: folder.path,
    process: running,
    url: (host, path) => `http://${host}:${port}${path}`,
    async stop() {
      await running.end();
      folder.remove();
    },
  };
}
