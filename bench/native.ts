import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { exert, type Load } from "./load.ts";
import type { MeasuredProcess } from "./measured-process.ts";
import { getTokens, refresh, signIn } from "./sign-in.ts";
import { startTimes } from "./start-time.ts";
import { type Comparison, NGINX, ROOT, type Workbench } from "./workbench.ts";

const GATE = "http://127.0.0.1:19180";
const PUBLIC_HOST = "auth.bench.localhost:19180";
const APP = "http://app.bench.localhost:19180/";
const NGINX_BARE: Load = { url: `${NGINX}/`, status: 202 };

const FIRST_SIGHT = "first sight of a cookie (nothing cached)";
const USERINFO = "userinfo, SQLite, RS256";
const REFRESH = "refresh grant, SQLite, RS256";
const MEMORY = "resident memory of one process doing both rooms, after 200,000 requests and 200 logins";
const START = "start of the built executable until the first answer";

/** `gatehouse serve`: one process, both rooms, its own configuration. */
export async function benchNative(bench: Workbench): Promise<void> {
  const gatehouse = await startGatehouse(bench, "cached", 10);
  const cookie = await signInNative();
  for (const comparison of comparisons(cookie)) {
    if (bench.wanted(comparison.work)) await bench.compare(gatehouse, comparison);
  }
  if (bench.wanted(USERINFO)) await measureUserinfo(bench, gatehouse, cookie);
  if (bench.wanted(REFRESH)) await measureRefresh(bench, gatehouse, cookie);
  await bench.end(gatehouse);
  if (bench.wanted(FIRST_SIGHT)) await measureFirstSight(bench);
  if (bench.wanted(MEMORY)) await measureMemory(bench);
  if (bench.wanted(START)) await measureStart(bench);
}

/** Rows of one process doing both rooms. */
export function wantsNative({ wanted }: Workbench): boolean {
  const works = comparisons("").map(({ work }) => work);
  return [...works, FIRST_SIGHT, USERINFO, REFRESH, MEMORY, START].some(wanted);
}

const ASKED_BY = { "X-Original-URL": "http://wiki.bench.localhost/page?a=1", "X-Original-Method": "GET" };

function comparisons(cookie: string): readonly Comparison[] {
  const check = checkWith(cookie);
  const bare = bareWith(cookie);
  const stranger = { ...check.headers, Cookie: "other=".padEnd(cookie.length, "x") };
  return [
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
    document("discovery document", "/.well-known/openid-configuration"),
    document("`/keys`", "/keys"),
  ];
}

function document(work: string, path: string): Comparison {
  const ours = { url: `${GATE}${path}`, headers: { Host: PUBLIC_HOST }, status: 200 };
  return { work, bound: 2, ours, reference: NGINX_BARE, referenceName: "nginx" };
}

function checkWith(cookie: string): Load {
  return { url: `${GATE}/oauth2/auth`, headers: { Host: PUBLIC_HOST, ...ASKED_BY, Cookie: cookie }, status: 202 };
}

function bareWith(cookie: string): Load {
  return { ...NGINX_BARE, headers: { Host: "bench", ...ASKED_BY, Cookie: cookie } };
}

async function measureUserinfo(bench: Workbench, gatehouse: MeasuredProcess, cookie: string): Promise<void> {
  const { accessToken } = await getTokens(cookie);
  const headers = { Host: PUBLIC_HOST, Authorization: `Bearer ${accessToken}` };
  const costs = await bench.measureAlone(gatehouse, { url: `${GATE}/userinfo`, headers, status: 200 });
  bench.add({ work: USERINFO, bound: 0.15, unit: "ms", values: costs.map((cost) => cost / 1000) });
}

async function measureRefresh(bench: Workbench, gatehouse: MeasuredProcess, cookie: string): Promise<void> {
  const values: number[] = [];
  let { refreshToken } = await getTokens(cookie);
  for (let round = 0; round < 3; round += 1) {
    const before = gatehouse.cpuMicroseconds();
    const count = 300;
    for (let grants = 0; grants < count; grants += 1) ({ refreshToken } = await refresh(refreshToken));
    values.push((gatehouse.cpuMicroseconds() - before) / count / 1000);
  }
  bench.add({ work: REFRESH, bound: 2, unit: "ms", values });
}

async function measureFirstSight(bench: Workbench): Promise<void> {
  const gatehouse = await startGatehouse(bench, "uncached", 0);
  const cookies: string[] = [];
  for (let count = 0; count < 100; count += 1) cookies.push(await signInNative());
  const { Cookie: _cookie, ...headers } = checkWith("").headers ?? {};
  await bench.compare(gatehouse, {
    work: FIRST_SIGHT,
    bound: 10,
    ours: { ...checkWith(""), headers, cookies },
    reference: bareWith(cookies[0] ?? ""),
    referenceName: "nginx",
  });
  await bench.end(gatehouse);
}

async function measureMemory(bench: Workbench): Promise<void> {
  const gatehouse = await startGatehouse(bench, "memory", 10, await bench.executable());
  let cookie = "";
  for (let count = 0; count < 200; count += 1) cookie = await signInNative();
  await exert(checkWith(cookie), 200_000, bench.folder);
  bench.add({ work: MEMORY, bound: 72, unit: "MB", values: [gatehouse.residentMegabytes()] });
  await bench.end(gatehouse);
}

async function measureStart(bench: Workbench): Promise<void> {
  const cwd = bench.makeFolder("start");
  writeConfiguration(cwd, 10);
  const command = [await bench.executable(), "serve", "-c", "gatehouse.yaml"];
  const values = await startTimes(command, { cwd, port: 19_180, path: "/ping" });
  bench.add({ work: START, bound: 80, unit: "ms", values });
}

function startGatehouse(
  bench: Workbench,
  name: string,
  cacheSeconds: number,
  executable = join(ROOT, "bin/gatehouse"),
): Promise<MeasuredProcess> {
  const cwd = bench.makeFolder(name);
  writeConfiguration(cwd, cacheSeconds);
  return bench.start([executable, "serve", "-c", "gatehouse.yaml"], cwd, `${GATE}/ping`);
}

function writeConfiguration(cwd: string, cacheSeconds: number): void {
  const text = readFileSync(join(ROOT, "bench/gatehouse.yaml"), "utf8");
  writeFileSync(join(cwd, "gatehouse.yaml"), `${text}session: { cacheSeconds: ${cacheSeconds} }\n`);
}

function signInNative(): Promise<string> {
  return signIn(APP, { username: "bench@example.com", password: "bench password" });
}
