import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Secret } from "../../src/protocol/secret.ts";
import type { RedisServers } from "../../src/store/redis/redis-address.ts";
import { freePort } from "./gatehouse.ts";
import { needs } from "./needs.ts";

/** Real Redis processes, from Debian's package. */
export const HAS_REDIS = needs("redis-server", Bun.which("redis-server") !== null && Bun.which("redis-cli") !== null);

export interface RedisProcess {
  readonly port: number;
  /** Run a command with `redis-cli`. @returns what it printed. */
  cli(...args: readonly string[]): Promise<string>;
  /** End it at once, as a crash would. */
  kill(): Promise<void>;
  /** Start it again on the same port, with the same options and data. */
  restart(): Promise<void>;
  /** End it and remove its data. */
  stop(): Promise<void>;
}

export interface RedisOptions {
  readonly port?: number;
  /** More options of `redis-server`; a configuration file comes first. */
  readonly args?: readonly string[];
  /** Options that `redis-cli` needs to get in. */
  readonly cli?: readonly string[];
  readonly folder?: string;
  /** The port speaks TLS only; `args` say so. */
  readonly isTls?: boolean;
}

export async function startRedis(options: RedisOptions = {}): Promise<RedisProcess> {
  const port = options.port ?? (await freePort());
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "gatehouse-redis-"));
  const args = options.args ?? [];
  const isSentinel = args.includes("--sentinel");
  const listen = options.isTls === true ? [] : ["--port", String(port)];
  const data = isSentinel ? [] : ["--dir", folder, "--save", ""];
  const command = ["redis-server", ...args, ...listen, ...data, "--bind", "127.0.0.1"];
  const spawn = () => Bun.spawn(command, { stdout: "ignore", stderr: "ignore", cwd: folder });
  let child = spawn();
  const cli = (...words: readonly string[]): Promise<string> => redisCli(port, [...(options.cli ?? []), ...words]);
  await untilPong(cli);
  return {
    port,
    cli,
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
    },
    async restart() {
      child = spawn();
      await untilPong(cli);
    },
    async stop() {
      child.kill("SIGKILL");
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** How to reach one server without credentials. */
export function redisAt(url: string, more: Partial<RedisServers> = {}): RedisServers {
  return {
    topology: { kind: "single", url },
    username: "",
    password: new Secret(""),
    insecureSkipTlsVerify: false,
    idleTimeoutSeconds: 0,
    ...more,
  };
}

async function redisCli(port: number, args: readonly string[]): Promise<string> {
  const child = Bun.spawn(["redis-cli", "-h", "127.0.0.1", "-p", String(port), ...args], {
    stdout: "pipe",
    stderr: "pipe",
  });
  return (await new Response(child.stdout).text()).trim();
}

async function untilPong(cli: RedisProcess["cli"]): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await cli("PING")) === "PONG") return;
    await Bun.sleep(50);
  }
  throw new Error("redis-server does not answer");
}
