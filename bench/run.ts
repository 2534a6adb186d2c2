import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { exert, type Load, measure } from "./load.ts";
import { LOAD_CORE, type MeasuredProcess, startPinned } from "./measured-process.ts";
import { getTokens, refresh, signIn } from "./sign-in.ts";
import { median, renderTable, type Row, holds } from "./table.ts";
import { startTimes } from "./start-time.ts";

/**
 * `npm run bench`: what a request costs in CPU time of the serving process (user and system, all threads), against nginx in the
 * same run. The server has one core, the load another. Three rounds, each measuring ours and then the reference; the
 * median counts. `npm run bench -- PART` runs the rows whose name contains PART.
 */
const ROOT = join(import.meta.dir, "..");
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const only = process.argv[2] ?? "";

const GATE = "http://127.0.0.1:19180";
const NGINX = "http://127.0.0.1:19102";
const PUBLIC_HOST = "auth.bench.localhost:19180";
const NGINX_BARE: Load = { url: `${NGINX}/`, status: 202 };

interface Comparison {
  readonly work: string;
  readonly bound: number;
  readonly ours: Load;
  readonly reference: Load;
  readonly referenceName: string;
}

const folder = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
const running: MeasuredProcess[] = [];
const beside: MeasuredProcess[] = [];
const rows: Row[] = [];

try {
  await main();
} finally {
  for (const one of running) await one.stop();
  rmSync(folder, { recursive: true, force: true });
}
console.log(renderTable(rows));
process.exitCode = rows.every(holds) ? 0 : 1;

async function main(): Promise<void> {
  for (const url of [GATE, NGINX, "http://127.0.0.1:19101"]) await refuseStranger(url);
  const nginx = startNginx();
  startBeside(["bun", join(ROOT, "bench/application.ts")]);
  let gatehouse = await startGatehouse("cached", 10);
  const cookie = await signIn();
  const askedBy = { "X-Original-URL": "http://wiki.bench.localhost/page?a=1", "X-Original-Method": "GET" };
  const check = { url: `${GATE}/oauth2/auth`, headers: { Host: PUBLIC_HOST, ...askedBy, Cookie: cookie }, status: 202 };
  const bare = { ...NGINX_BARE, headers: { Host: "bench", ...askedBy, Cookie: cookie } };
  const stranger = { Host: PUBLIC_HOST, ...askedBy, Cookie: "other=".padEnd(cookie.length, "x") };
  const { accessToken, refreshToken } = await getTokens(cookie);
  const comparisons: readonly Comparison[] = [
    {
      work: "forward-auth answer for a valid session, kept connection, 2.3 kB `Cookie`",
      bound: 1.6,
      ours: check,
      reference: bare,
      referenceName: "nginx",
    },
    {
      work: "the same, new connection each",
      bound: 1.5,
      ours: { ...check, newConnections: true },
      reference: { ...bare, newConnections: true },
      referenceName: "nginx",
    },
    {
      work: "answer to a stranger (401)",
      bound: 1.6,
      ours: { ...check, headers: stranger, status: 401 },
      reference: bare,
      referenceName: "nginx",
    },
    {
      work: "reverse proxy of a 100-byte answer, kept connections, valid session",
      bound: 2.2,
      ours: { url: `${GATE}/proxied/`, headers: { Host: "app.bench.localhost:19180", Cookie: cookie }, status: 200 },
      reference: { url: `${NGINX}/proxied/`, headers: { Host: "app.bench.localhost", Cookie: cookie }, status: 200 },
      referenceName: "nginx `proxy_pass`",
    },
    {
      work: "discovery document",
      bound: 2,
      ours: { url: `${GATE}/.well-known/openid-configuration`, headers: { Host: PUBLIC_HOST }, status: 200 },
      reference: NGINX_BARE,
      referenceName: "nginx",
    },
    {
      work: "`/keys`",
      bound: 2,
      ours: { url: `${GATE}/keys`, headers: { Host: PUBLIC_HOST }, status: 200 },
      reference: NGINX_BARE,
      referenceName: "nginx",
    },
  ];
  for (const comparison of comparisons) await compare({ gatehouse, nginx }, comparison);
  if (wanted("userinfo")) await measureUserinfo(gatehouse, accessToken);
  if (wanted("refresh grant")) await measureRefresh(gatehouse, refreshToken);
  await end(gatehouse);
  if (wanted("first sight of a cookie")) {
    gatehouse = await startGatehouse("uncached", 0);
    const cookies: string[] = [];
    for (let count = 0; count < 100; count += 1) cookies.push(await signIn());
    const { Cookie: _cookie, ...headers } = check.headers;
    const ours: Load = { ...check, headers, cookies };
    await compare(
      { gatehouse, nginx },
      { work: "first sight of a cookie (nothing cached)", bound: 10, ours, reference: bare, referenceName: "nginx" },
    );
    await end(gatehouse);
  }
  if (!wanted("resident memory") && !wanted("start of the built executable")) return;
  const executable = await buildExecutable();
  if (wanted("resident memory")) await measureMemory(executable, check);
  if (wanted("start of the built executable")) await measureStart(executable);
}

function wanted(work: string): boolean {
  return work.includes(only);
}

async function compare(
  { gatehouse, nginx }: { readonly gatehouse: MeasuredProcess; readonly nginx: MeasuredProcess },
  { work, bound, ours, reference, referenceName }: Comparison,
): Promise<void> {
  if (!wanted(work)) return;
  const values: number[] = [];
  const references: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    values.push((await measure({ server: gatehouse, beside, folder }, ours)).microseconds);
    references.push((await measure({ server: nginx, beside, folder }, reference)).microseconds);
  }
  note(work, values, references);
  rows.push({
    work,
    bound,
    unit: "µs",
    ours: median(values),
    reference: { name: referenceName, value: median(references) },
  });
}

async function measureUserinfo(gatehouse: MeasuredProcess, accessToken: string): Promise<void> {
  const headers = { Host: PUBLIC_HOST, Authorization: `Bearer ${accessToken}` };
  const values: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const cost = await measure(
      { server: gatehouse, beside, folder },
      { url: `${GATE}/userinfo`, headers, status: 200 },
    );
    values.push(cost.microseconds / 1000);
  }
  note("userinfo", values, []);
  rows.push({ work: "userinfo, SQLite, RS256", bound: 0.15, unit: "ms", ours: median(values) });
}

async function measureRefresh(gatehouse: MeasuredProcess, first: string): Promise<void> {
  const values: number[] = [];
  let token = first;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = gatehouse.cpuMicroseconds();
    const count = 300;
    for (let grants = 0; grants < count; grants += 1) token = (await refresh(token)).refreshToken;
    values.push((gatehouse.cpuMicroseconds() - before) / count / 1000);
  }
  note("refresh grant", values, []);
  rows.push({ work: "refresh grant, SQLite, RS256", bound: 2, unit: "ms", ours: median(values) });
}

async function measureMemory(executable: string, check: Load): Promise<void> {
  const gatehouse = await startGatehouse("memory", 10, executable);
  let cookie = "";
  for (let count = 0; count < 200; count += 1) cookie = await signIn();
  const load = { ...check, headers: { ...check.headers, Cookie: cookie } };
  await exert(load, 200_000, folder);
  const resident = gatehouse.residentMegabytes();
  rows.push({
    work: "resident memory of one process doing both rooms, after 200,000 requests and 200 logins",
    bound: 72,
    unit: "MB",
    ours: resident,
  });
  await end(gatehouse);
}

async function end(one: MeasuredProcess): Promise<void> {
  await one.stop();
  running.splice(running.indexOf(one), 1);
}

/** What is deployed: the last two rows are about it. */
async function buildExecutable(): Promise<string> {
  const executable = join(folder, "gatehouse");
  const build = Bun.spawn([join(ROOT, "scripts/build.sh"), executable], { stdout: "ignore", stderr: "inherit" });
  if ((await build.exited) !== 0) throw new Error("the executable could not be built");
  return executable;
}

async function measureStart(executable: string): Promise<void> {
  const cwd = join(folder, "start");
  mkdirSync(cwd);
  writeFileSync(join(cwd, "gatehouse.yaml"), configuration(10));
  const times = await startTimes([executable, "serve", "-c", "gatehouse.yaml"], { cwd, port: 19_180, path: "/ping" });
  note("start", times, []);
  rows.push({
    work: "start of the built executable until the first answer",
    bound: 80,
    unit: "ms",
    ours: median(times),
  });
}

function configuration(cacheSeconds: number): string {
  const text = readFileSync(join(ROOT, "bench/gatehouse.yaml"), "utf8");
  return `${text}session: { cacheSeconds: ${cacheSeconds} }\n`;
}

async function startGatehouse(
  name: string,
  cacheSeconds: number,
  executable = join(ROOT, "bin/gatehouse"),
): Promise<MeasuredProcess> {
  const cwd = join(folder, name);
  mkdirSync(cwd);
  writeFileSync(join(cwd, "gatehouse.yaml"), configuration(cacheSeconds));
  const gatehouse = startPinned([executable, "serve", "-c", "gatehouse.yaml"], { cwd });
  running.push(gatehouse);
  await answering(`${GATE}/ping`);
  return gatehouse;
}

function startNginx(): MeasuredProcess {
  const cwd = join(folder, "nginx");
  mkdirSync(cwd);
  cpSync(join(ROOT, "bench/nginx.conf"), join(cwd, "nginx.conf"));
  const binary = existsSync("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
  const nginx = startPinned([binary, "-p", cwd, "-c", join(cwd, "nginx.conf")], { cwd });
  running.push(nginx);
  return nginx;
}

/** On the load's core: it is nobody's cost. */
function startBeside([command = "", ...args]: readonly string[]): void {
  const path = command === "bun" ? process.execPath : command;
  const one = startPinned([path, ...args], { core: LOAD_CORE });
  running.push(one);
  beside.push(one);
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

function note(work: string, values: readonly number[], references: readonly number[]): void {
  const list = (numbers: readonly number[]): string => numbers.map((value) => value.toFixed(2)).join(" ");
  console.error(`${work}: ${list(values)}${references.length === 0 ? "" : ` against ${list(references)}`}`);
}
