import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { destinationOf, sendRequest } from "./http-client.ts";

/** How the program under test is started: the scenario's arguments follow. */
export type Command = readonly [executable: string, ...args: string[]];

/** Seconds within which a program must answer or end. */
const START_TIMEOUT = 20;

export interface Launch {
  readonly command: Command;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Both of its streams are appended to this file. */
  readonly output: string;
}

/** Start the program in the scenario's folder, without what would configure it in our own environment. */
export function launch({ command: [executable, ...first], args, env, folder, output }: Launch): ChildProcess {
  const own = Object.entries(process.env).filter(([name]) => !/proxy|^NODE_ENV$/i.test(name));
  const stream = openSync(output, "a");
  try {
    return spawn(executable, [...first, ...args], {
      cwd: folder,
      env: { ...Object.fromEntries(own), TZ: "UTC", LANG: "C.UTF-8", ...env },
      stdio: ["ignore", stream, stream],
    });
  } finally {
    closeSync(stream);
  }
}

/** How a start went: it answers, it has ended by itself, or neither in time. */
export type Outcome = "serves" | "ends" | "hangs";

/** Wait for the first answer at a URL or for the program's end. An `undefined` URL waits for the end only. */
export async function outcomeOf(process: ChildProcess, ready: string | undefined): Promise<Outcome> {
  const until = performance.now() + START_TIMEOUT * 1000;
  while (performance.now() < until) {
    if (hasEnded(process)) return "ends";
    if (ready !== undefined && (await isAnswering(ready))) return "serves";
    await Bun.sleep(30);
  }
  return "hangs";
}

/** What was printed into a file so far. */
export function readOutput(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** End a process and wait for it; one that does not listen is killed after two seconds. */
export async function endProcess(process: ChildProcess): Promise<void> {
  if (hasEnded(process)) return;
  const ended = new Promise<void>((resolve) => process.once("exit", () => resolve()));
  process.kill("SIGTERM");
  const impatience = setTimeout(() => process.kill("SIGKILL"), 2000);
  await ended;
  clearTimeout(impatience);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function isAnswering(url: string): Promise<boolean> {
  const to = destinationOf(url);
  const headers = [["Host", to.host]] as const;
  const answer = await sendRequest({ to, method: "GET", headers, body: Buffer.alloc(0), timeout: 3 });
  return typeof answer.status === "number";
}
