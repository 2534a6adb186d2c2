import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { needs } from "./needs.ts";
import { until } from "./until.ts";

const FOLDER = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "gatehouse", "bin");

/** Is there a program that `scripts/setup-go-tools.sh` builds? */
export function hasGoProgram(name: string): boolean {
  return needs(`${name} (built by npm run setup:services, with Go)`, existsSync(join(FOLDER, name)));
}

export interface GoProgram {
  /** Waits for the first text that matches in what it says, on either stream. @returns the first group. */
  said(pattern: RegExp): Promise<string>;
  /** Waits for its end. @throws {Error} with what it said when it failed. @returns its stdout. */
  result(): Promise<string>;
}

/** Start one, in a folder that is its home too, with these variables besides. */
export function startGoProgram(
  name: string,
  args: readonly string[],
  home: string,
  variables: Readonly<Record<string, string>> = {},
): GoProgram {
  const child = Bun.spawn([join(FOLDER, name), ...args], {
    cwd: home,
    env: { PATH: process.env["PATH"] ?? "", HOME: home, ...variables },
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = { stdout: "", stderr: "" };
  const collect = async (stream: "stdout" | "stderr"): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of child[stream]) output[stream] += decoder.decode(chunk, { stream: true });
  };
  const ended = Promise.all([child.exited, collect("stdout"), collect("stderr")]);
  const everything = (): string => `${output.stdout}${output.stderr}`;
  return {
    said: (pattern) =>
      until(`${name} to say ${String(pattern)}`, () => {
        const match = pattern.exec(everything())?.[1];
        if (match === undefined && child.exitCode !== null) throw new Error(`${name} ended: ${everything()}`);
        return match;
      }),
    async result() {
      const [status] = await ended;
      if (status !== 0) throw new Error(`${name}: status ${status}: ${everything()}`);
      return output.stdout;
    },
  };
}
