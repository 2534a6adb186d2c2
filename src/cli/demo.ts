import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { loadNativeConfiguration } from "../config/load.ts";
import { hashPassword } from "../crypto/password-hash.ts";
import { type RunningServer, serve } from "../runtime/serve.ts";
import { createLog } from "../telemetry/create-log.ts";
import type { CommandIo } from "./command-io.ts";
import { createHelloHandler } from "./hello.ts";
import { serveConfiguration } from "./serve-configuration.ts";

const DATA_DIR = "./data";
const FIRST_PORT = 8080;
const USER = "admin@example.com";

/** `gatehouse demo` (what `npm start` runs): everything in one process on loopback, with a sample application and one user. */
export async function demo(_argv: readonly string[], io: CommandIo): Promise<number | undefined> {
  const port = await nextFreePort(FIRST_PORT);
  if (port !== FIRST_PORT) io.stdout(`Port ${FIRST_PORT} is taken; using the next free one, ${port}.\n`);
  const password = demoPassword();
  const passwordHash = await hashPassword(password, "bcrypt");
  const hello = await startHello(port);
  const configuration = demoConfiguration({ port, passwordHash, upstream: `http://127.0.0.1:${hello.port}` });
  const files = { readFile: () => configuration, modeOf: () => undefined, env: {} };
  const onListening = (): void => io.stdout(welcome(port, password));
  const load = (): ReturnType<typeof loadNativeConfiguration> => loadNativeConfiguration(files, "demo.yaml");
  const options = { load, listenOption: "listen", telemetryListenOption: "telemetryListen", onListening, quiet: true };
  const status = await serveConfiguration(options, io);
  if (status !== undefined) await hello.stop(0);
  return status;
}

interface DemoSettings {
  readonly port: number;
  readonly passwordHash: string;
  readonly upstream: string;
}

function demoConfiguration({ port, passwordHash, upstream }: DemoSettings): string {
  return `publicUrl: http://auth.gatehouse.localhost:${port}
listen: 127.0.0.1:${port}
telemetryListen: "off"
dataDir: ${DATA_DIR}
cookie: { domain: gatehouse.localhost }
connectors:
  - id: local
    type: local
    users: [{ email: ${USER}, name: Admin, groups: [admins], passwordHash: "${passwordHash}" }]
apps:
  - { host: "hello.gatehouse.localhost:${port}", allow: { everyone: true }, upstream: "${upstream}" }
provider: {}
`;
}

function welcome(port: number, password: string): string {
  return `
  Gatehouse stands in front of a sample application.

    open      http://hello.gatehouse.localhost:${port}/
    user      ${USER}
    password  ${password}

  What it keeps lies in ${DATA_DIR}. End it with Ctrl-C.
`;
}

/** Kept in the data folder, so that it is the same the next time. */
function demoPassword(): string {
  const file = join(DATA_DIR, "demo-password");
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  const password = Array.from({ length: 12 }, () => letters[randomInt(letters.length)]).join("");
  mkdirSync(DATA_DIR, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}

function startHello(port: number): Promise<RunningServer> {
  const signOutUrl = `http://auth.gatehouse.localhost:${port}/oauth2/sign_out`;
  return serve({
    host: "127.0.0.1",
    port: 0,
    handler: createHelloHandler({ signOutUrl }),
    log: createLog({ format: "auto", level: "warn" }),
  });
}

async function nextFreePort(from: number): Promise<number> {
  for (let port = from; port < from + 100; port += 1) {
    if (await isFree(port)) return port;
  }
  return 0;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
