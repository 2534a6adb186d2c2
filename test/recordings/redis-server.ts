import { createClient } from "@redis/client";
import { type ChildProcess, spawn } from "node:child_process";
import { endProcess } from "./program.ts";

/** A Redis of a scenario's own, from Debian's package; it keeps nothing on disk. */
export interface RedisServer {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Rejects when it is not running. */
  command(...words: readonly (string | Buffer)[]): Promise<unknown>;
}

/** From the PATH. */
const EXECUTABLE = "redis-server";

export function redisServer(port: number, folder: string): RedisServer {
  let process: ChildProcess | undefined;
  const command: RedisServer["command"] = async (...words) => {
    const client = createClient({ socket: { host: "127.0.0.1", port, reconnectStrategy: false } });
    // Whatever goes wrong is thrown by the call below as well.
    client.on("error", () => undefined);
    try {
      await client.connect();
      return await client.sendCommand(words);
    } finally {
      client.destroy();
    }
  };
  return {
    command,
    start: async () => {
      const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
      process = spawn(EXECUTABLE, args, { stdio: "ignore" });
      for (let tries = 0; tries < 200; tries += 1) {
        const answer = await command("PING").catch(() => undefined);
        if (answer === "PONG") return;
        await Bun.sleep(50);
      }
      throw new Error("redis-server did not start");
    },
    stop: async () => {
      if (process !== undefined) await endProcess(process);
      process = undefined;
    },
  };
}
