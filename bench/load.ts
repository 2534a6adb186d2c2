import { writeFileSync } from "node:fs";

import { busyMicroseconds, LOAD_CORE, type MeasuredProcess } from "./measured-process.ts";

/** A request that is sent over and over. */
export interface Load {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Values of `Cookie`, one after the other. Where they have {@link UNIQUE}, another number each time. */
  readonly cookies?: readonly string[];
  /** Makes it a POST. */
  readonly body?: string;
  /** A new connection for each request. */
  readonly newConnections?: boolean;
  /** What every answer must have. */
  readonly status: number;
}

/** Stands for a number that is never sent twice. */
export const UNIQUE = "@@@@@@@@@@@@";

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 3);
/** Load that is not counted, for both sides: compilers and pools get to where they are in a server that runs. */
export const WARM_UP_SECONDS = 2;
const CONNECTIONS = 16;

/** Where a load is measured. */
export interface Setting {
  readonly server: MeasuredProcess;
  /** What else belongs to the measurement, such as the application behind a proxy. */
  readonly beside: readonly MeasuredProcess[];
  /** For temporary files. */
  readonly folder: string;
}

/** What a load has cost. */
export interface Cost {
  /** Of the server's CPU time, a request. */
  readonly microseconds: number;
  readonly requests: number;
}

/**
 * Send a request as often as the server can answer it, from the other core, while nobody else uses either of the two.
 *
 * Other programs push the server out of the caches and hand it requests one by one, which costs up to twice as much and says
 * nothing about the server. So a measurement that was disturbed is repeated; the least disturbed one counts.
 *
 * @throws when an answer has another status, because then something else was measured.
 */
export async function measure(setting: Setting, load: Load): Promise<Cost> {
  const script = `${setting.folder}/load.lua`;
  writeFileSync(script, luaScript(load));
  await checkStatus(load);
  await runWrk(load, script, WARM_UP_SECONDS);
  let best: Sample | undefined;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const sample = await takeSample(setting, load, script);
    if (best === undefined || sample.disturbance < best.disturbance) best = sample;
    if (best.disturbance <= QUIET) return best;
    await Bun.sleep(500);
  }
  const share = Math.round((best?.disturbance ?? 0) * 100);
  console.error(`disturbed: other programs used ${share} % of a core while ${load.url} was measured`);
  return best ?? { microseconds: Number.NaN, requests: 0 };
}

/** Send at least so many requests, unmeasured. */
export async function exert(load: Load, requests: number, folder: string): Promise<void> {
  const script = `${folder}/load.lua`;
  writeFileSync(script, luaScript(load));
  for (let sent = 0; sent < requests;) {
    const { output } = await runWrk(load, script, 1);
    sent += Number(/^result (\d+) /m.exec(output)?.[1] ?? 0);
  }
}

/** What other programs may use of a core meanwhile, and how often to try. */
const QUIET = 0.03;
const MAX_TRIES = Number(process.env["BENCH_TRIES"] ?? 10);

async function checkStatus(load: Load): Promise<void> {
  const [cookie] = load.cookies ?? [];
  const headers = { ...load.headers, ...(cookie === undefined ? {} : { Cookie: cookie }) };
  const post = load.body === undefined ? {} : { method: "POST", body: load.body };
  const { status } = await fetch(load.url, { ...post, headers, redirect: "manual" });
  if (status !== load.status) throw new Error(`${load.url} answers ${status} instead of ${load.status}`);
}

interface Sample extends Cost {
  /** CPU time of other programs over the time of the measurement. */
  readonly disturbance: number;
}

async function takeSample({ server, beside }: Setting, load: Load, script: string): Promise<Sample> {
  const everything = busyMicroseconds();
  const company = companyMicroseconds(beside);
  const before = server.cpuMicroseconds();
  const begin = performance.now();
  const wrk = await runWrk(load, script, SECONDS);
  const elapsed = (performance.now() - begin) * 1000;
  const used = server.cpuMicroseconds() - before;
  const others = busyMicroseconds() - everything - used - wrk.microseconds - (companyMicroseconds(beside) - company);
  const [, requests = "0", refusals = "0", errors = "0"] = /^result (\d+) (\d+) (\d+)$/m.exec(wrk.output) ?? [];
  if (refusals !== (load.status >= 400 ? requests : "0") || requests === "0")
    throw new Error(`${load.url}: ${refusals} of ${requests} answers are 4xx or 5xx\n${wrk.output}`);
  // A server that closes without `Connection: close` in its answer counts as an error of reading.
  if (load.newConnections !== true && Number(errors) > Number(requests) / 100)
    throw new Error(`${load.url}: ${errors} socket errors\n${wrk.output}`);
  return { microseconds: used / Number(requests), requests: Number(requests), disturbance: others / elapsed };
}

/** CPU time of what belongs to the measurement besides the server and the load: its helpers, and this program. */
function companyMicroseconds(beside: readonly MeasuredProcess[]): number {
  const { user, system } = process.cpuUsage();
  return beside.reduce((sum, one) => sum + one.cpuMicroseconds(), user + system);
}

async function runWrk(
  load: Load,
  script: string,
  seconds: number,
): Promise<{ readonly output: string; readonly microseconds: number }> {
  const child = Bun.spawn(
    ["taskset", "-c", LOAD_CORE, "wrk", "-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, "-s", script, load.url],
    { stdout: "pipe", stderr: "inherit" },
  );
  const output = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`wrk failed: ${output}`);
  return { output, microseconds: Number(child.resourceUsage()?.cpuTime.total ?? 0) };
}

function luaScript(load: Load): string {
  const headers = { ...load.headers, ...(load.newConnections === true ? { Connection: "close" } : {}) };
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`);
  if (load.body !== undefined) lines.push('wrk.method = "POST"', `wrk.body = ${lua(load.body)}`);
  const cookies = load.cookies ?? [];
  // Looking at each answer here would make the load the bottleneck, and the server would wait for it.
  return `
${lines.join("\n")}
${cookies.length === 0 ? "" : cookieCycle(cookies)}
function done(summary)
  local e = summary.errors
  print("result " .. summary.requests .. " " .. e.status .. " " .. (e.connect + e.read + e.write + e.timeout))
end
`;
}

/** The numbers begin with the time, because several runs follow each other. */
function cookieCycle(cookies: readonly string[]): string {
  return `
cookies = { ${cookies.map(lua).join(", ")} }
requests = {}
at = os.time() % 100000 * 10000000
function init()
  for i, cookie in ipairs(cookies) do
    wrk.headers["Cookie"] = cookie
    local text = wrk.format()
    local from, to = text:find("${UNIQUE}", 1, true)
    requests[i] = from and { text:sub(1, from - 1), text:sub(to + 1) } or { text }
  end
end
function request()
  at = at + 1
  local text = requests[at % #requests + 1]
  return text[2] and text[1] .. string.format("%0${UNIQUE.length}d", at) .. text[2] or text[1]
end`;
}

function lua(text: string): string {
  return JSON.stringify(text);
}
