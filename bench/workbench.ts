import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Load, measure } from "./load.ts";
import { LOAD_CORE, type MeasuredProcess, startPinned } from "./measured-process.ts";
import { median, type Row } from "./table.ts";

export const ROOT = join(import.meta.dir, "..");
export const APPLICATION = "http://127.0.0.1:19101";
export const NGINX = "http://127.0.0.1:19102";

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);

/** A row to be measured against a reference in the same run. */
export interface Comparison {
  readonly work: string;
  /** Of ours over the reference. */
  readonly bound: number;
  readonly ours: Load;
  readonly reference: Load;
  readonly referenceName: string;
  /** The same work as the original does it. */
  readonly original?: { readonly server: MeasuredProcess; readonly load: Load };
}

/** A row that is measured as its file likes. */
export type MeasuredRow = Omit<Row, "ours" | "reference"> & {
  readonly values: readonly number[];
  readonly originalValues?: readonly number[];
  /** What the bound is a ratio to; absent: it is absolute. */
  readonly reference?: { readonly name: string; readonly values: readonly number[] };
};

/** Where rows are measured: what runs for it, and what has been found. */
export interface Workbench {
  /** For temporary files. */
  readonly folder: string;
  readonly rows: readonly Row[];
  /** Is a row of this name asked for? */
  wanted(work: string): boolean;
  /** A new folder below the bench's. */
  makeFolder(name: string): string;
  /** Start what is measured, on the server's core. What it prints is in `log` of its folder. @param url answers once it serves. */
  start(command: readonly string[], cwd: string, url: string): Promise<MeasuredProcess>;
  end(one: MeasuredProcess): Promise<void>;
  /** Start what belongs to the measurement, on the load's core: it is nobody's cost. */
  startBeside(command: readonly string[], url?: string): Promise<void>;
  compare(server: MeasuredProcess, comparison: Comparison): Promise<void>;
  /** Measure a load alone. @returns microseconds a request, a round. */
  measureAlone(server: MeasuredProcess, load: Load): Promise<readonly number[]>;
  add(row: MeasuredRow): void;
  /** What is deployed. Built once. */
  executable(): Promise<string>;
  /** End whatever still runs, and remove the folder. */
  close(): Promise<void>;
}

interface State {
  readonly folder: string;
  readonly rows: Row[];
  readonly running: MeasuredProcess[];
  readonly beside: MeasuredProcess[];
  readonly rounds: readonly number[];
}

/** @param only measure the rows whose name contains it. */
export async function createWorkbench(only: string): Promise<Workbench> {
  for (const url of [NGINX, APPLICATION]) await refuseStranger(url);
  const state: State = {
    folder: mkdtempSync(join(tmpdir(), "gatehouse-bench-")),
    rows: [],
    running: [],
    beside: [],
    rounds: Array.from({ length: ROUNDS }, (_, round) => round),
  };
  const nginx = startNginx(state);
  let executable: Promise<string> | undefined;
  const workbench: Workbench = {
    folder: state.folder,
    rows: state.rows,
    wanted: (work) => work.includes(only),
    makeFolder: (name) => makeFolder(state, name),
    start: (command, cwd, url) => start(state, { command, cwd, url }),
    end: (one) => end(state, one),
    startBeside: (command, url) => startBeside(state, command, url),
    compare: (server, comparison) => compare(state, { server, nginx }, comparison),
    measureAlone: (server, load) => measureAlone(state, server, load),
    add: (row) => add(state, row),
    executable: () => (executable ??= buildExecutable(state.folder)),
    close: () => close(state),
  };
  await workbench.startBeside([process.execPath, join(ROOT, "bench/application.ts")], APPLICATION);
  return workbench;
}

function makeFolder({ folder }: State, name: string): string {
  const made = join(folder, name);
  mkdirSync(made, { recursive: true });
  return made;
}

async function start(
  { running }: State,
  { command, cwd, url }: { readonly command: readonly string[]; readonly cwd: string; readonly url: string },
): Promise<MeasuredProcess> {
  await refuseStranger(url);
  const one = startPinned(command, { cwd, log: join(cwd, "log") });
  running.push(one);
  await answering(url);
  return one;
}

async function end({ running }: State, one: MeasuredProcess): Promise<void> {
  await one.stop();
  running.splice(running.indexOf(one), 1);
}

async function startBeside(state: State, command: readonly string[], url?: string): Promise<void> {
  const one = startPinned(command, { core: LOAD_CORE, cwd: state.folder });
  state.running.push(one);
  state.beside.push(one);
  if (url !== undefined) await answering(url);
}

async function compare(
  state: State,
  { server, nginx }: { readonly server: MeasuredProcess; readonly nginx: MeasuredProcess },
  { work, bound, ours, reference, referenceName, original }: Comparison,
): Promise<void> {
  const values: number[] = [];
  const references: number[] = [];
  const originals: number[] = [];
  for (const _ of state.rounds) {
    values.push((await measure({ ...state, server }, ours)).microseconds);
    references.push((await measure({ ...state, server: nginx }, reference)).microseconds);
    if (original === undefined) continue;
    originals.push((await measure({ ...state, server: original.server }, original.load)).microseconds);
  }
  note(work, values, references, originals);
  state.rows.push({
    work,
    bound,
    unit: "µs",
    ours: median(values),
    reference: { name: referenceName, value: median(references) },
    ...(originals.length === 0 ? {} : { original: median(originals) }),
  });
}

async function measureAlone(state: State, server: MeasuredProcess, load: Load): Promise<readonly number[]> {
  const values: number[] = [];
  for (const _ of state.rounds) values.push((await measure({ ...state, server }, load)).microseconds);
  return values;
}

function add({ rows }: State, { values, originalValues = [], reference, ...row }: MeasuredRow): void {
  note(row.work, values, reference?.values ?? [], originalValues);
  rows.push({
    ...row,
    ours: median(values),
    ...(reference === undefined ? {} : { reference: { name: reference.name, value: median(reference.values) } }),
    ...(originalValues.length === 0 ? {} : { original: median(originalValues) }),
  });
}

async function buildExecutable(folder: string): Promise<string> {
  const executable = join(folder, "gatehouse");
  const build = Bun.spawn([join(ROOT, "scripts/build.sh"), executable], { stdout: "ignore", stderr: "inherit" });
  if ((await build.exited) !== 0) throw new Error("the executable could not be built");
  return executable;
}

function startNginx(state: State): MeasuredProcess {
  const cwd = makeFolder(state, "nginx");
  cpSync(join(ROOT, "bench/nginx.conf"), join(cwd, "nginx.conf"));
  const binary = existsSync("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
  const nginx = startPinned([binary, "-p", cwd, "-c", join(cwd, "nginx.conf")], { cwd });
  state.running.push(nginx);
  return nginx;
}

async function close({ running, folder }: State): Promise<void> {
  for (const one of running) await one.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Another bench on the same ports would be measured instead of ours, and disturb it. */
async function refuseStranger(url: string): Promise<void> {
  const answers = await fetch(url).then(
    () => true,
    () => false,
  );
  if (answers) throw new Error(`something answers at ${url} already; is another bench running?`);
}

async function answering(url: string): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    try {
      await (await fetch(url)).text();
      return;
    } catch {
      await Bun.sleep(25);
    }
  }
  throw new Error(`nothing answers at ${url}`);
}

function note(work: string, ...columns: readonly (readonly number[])[]): void {
  const lists = columns
    .filter((values) => values.length > 0)
    .map((values) => values.map((value) => value.toFixed(value >= 0.1 ? 2 : 3)).join(" "));
  console.error(`${work}: ${lists.join(" against ")}`);
}
