import { writeFileSync } from "node:fs";

import { LOAD_CORE, type MeasuredProcess } from "./measured-process.ts";

/** A request that is sent over and over. */
export interface Load {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Values of `Cookie`, one after the other. */
  readonly cookies?: readonly string[];
  /** A new connection for each request. */
  readonly newConnections?: boolean;
  /** What every answer must have. */
  readonly status: number;
}

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 4);
/** Load that is not counted, for both sides: compilers and pools get to where they are in a server that runs. */
const WARM_UP_SECONDS = 1;
const CONNECTIONS = 16;

/** What a load has cost. */
export interface Cost {
  /** Of the server's CPU time, a request. */
  readonly microseconds: number;
  readonly requests: number;
}

/**
 * Send a request as often as the server can answer it, from the other core.
 * @throws when an answer has another status, because then something else was measured.
 */
export async function measure(server: MeasuredProcess, load: Load, folder: string): Promise<Cost> {
  const script = `${folder}/load.lua`;
  writeFileSync(script, luaScript(load));
  await runWrk(load, script, WARM_UP_SECONDS);
  const before = server.cpuMicroseconds();
  const output = await runWrk(load, script, SECONDS);
  const used = server.cpuMicroseconds() - before;
  const [, requests = "0", wrong = "0", errors = "0"] = /^result (\d+) (\d+) (\d+)$/m.exec(output) ?? [];
  if (wrong !== "0" || Number(requests) === 0)
    throw new Error(`${load.url}: ${wrong} of ${requests} answers are no ${load.status}\n${output}`);
  // A server that closes without `Connection: close` in its answer counts as an error of reading.
  if (load.newConnections !== true && Number(errors) > Number(requests) / 100)
    throw new Error(`${load.url}: ${errors} socket errors\n${output}`);
  return { microseconds: used / Number(requests), requests: Number(requests) };
}

async function runWrk(load: Load, script: string, seconds: number): Promise<string> {
  const child = Bun.spawn(
    ["taskset", "-c", LOAD_CORE, "wrk", "-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, "-s", script, load.url],
    { stdout: "pipe", stderr: "inherit" },
  );
  const output = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`wrk failed: ${output}`);
  return output;
}

function luaScript(load: Load): string {
  const headers = { ...load.headers, ...(load.newConnections === true ? { Connection: "close" } : {}) };
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`);
  const cookies = load.cookies ?? [];
  return `
${lines.join("\n")}
wrong = 0
threads = {}
function setup(thread) table.insert(threads, thread) end
${cookies.length === 0 ? "" : cookieCycle(cookies)}
function response(status) if status ~= ${load.status} then wrong = wrong + 1 end end
function done(summary)
  local bad = 0
  for _, thread in ipairs(threads) do bad = bad + thread:get("wrong") end
  local e = summary.errors
  print("result " .. summary.requests .. " " .. bad .. " " .. (e.connect + e.read + e.write + e.timeout))
end
`;
}

function cookieCycle(cookies: readonly string[]): string {
  return `
cookies = { ${cookies.map(lua).join(", ")} }
requests = {}
function init()
  for i, cookie in ipairs(cookies) do
    wrk.headers["Cookie"] = cookie
    requests[i] = wrk.format()
  end
end
at = 0
function request()
  at = at % #requests + 1
  return requests[at]
end`;
}

function lua(text: string): string {
  return JSON.stringify(text);
}
