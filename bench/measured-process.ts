import { readFileSync, readdirSync } from "node:fs";

/** A program pinned to the server's core, whose CPU time can be read. */
export interface MeasuredProcess {
  readonly pid: number;
  /** Microseconds of user and system time of the process and its children, so far. */
  cpuMicroseconds(): number;
  /** Resident megabytes (10^6 bytes). */
  residentMegabytes(): number;
  stop(): Promise<void>;
}

/** Which core serves, and which loads it. */
export const SERVER_CORE = "0";
export const LOAD_CORE = "1";

/** Clock ticks a second in /proc, the same on every Linux this can run on. */
const TICKS = 100;

export function startPinned(
  command: readonly string[],
  options: {
    readonly core?: string;
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** A file for what it prints. Default: nowhere. */
    readonly log?: string;
  } = {},
): MeasuredProcess {
  const child = Bun.spawn(["taskset", "-c", options.core ?? SERVER_CORE, ...command], {
    cwd: options.cwd ?? process.cwd(),
    env: { ...process.env, ...options.env },
    stdout: options.log === undefined ? "ignore" : Bun.file(options.log),
    stderr: "inherit",
  });
  const pids = (): readonly number[] => [child.pid, ...childrenOf(child.pid)];
  return {
    pid: child.pid,
    cpuMicroseconds: () => pids().reduce((sum, pid) => sum + ticksOf(pid), 0) * (1_000_000 / TICKS),
    residentMegabytes: () => pids().reduce((sum, pid) => sum + residentKilobytes(pid), 0) * 0.001024,
    stop: async () => {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}

/** CPU time of all programs on both cores, since the machine started: user, nice and system. */
export function busyMicroseconds(): number {
  const stat = readFileSync("/proc/stat", "utf8");
  let ticks = 0;
  for (const core of [SERVER_CORE, LOAD_CORE]) {
    const [, user = 0, nice = 0, system = 0] =
      new RegExp(`^cpu${core} +(\\d+) (\\d+) (\\d+)`, "m").exec(stat)?.map(Number) ?? [];
    ticks += user + nice + system;
  }
  return ticks * (1_000_000 / TICKS);
}

/** `utime` and `stime`, fields 14 and 15; the name in field 2 may hold spaces. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function residentKilobytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return (
          readFileSync(`/proc/${name}/stat`, "utf8")
            .replace(/^.*\) /s, "")
            .split(" ")[1] === String(parent)
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}
