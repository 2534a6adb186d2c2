import { join } from "node:path";

import { exert, type Load, UNIQUE } from "./load.ts";
import type { MeasuredProcess } from "./measured-process.ts";
import { FILLING, signIn } from "./sign-in.ts";
import { startTimes } from "./start-time.ts";
import { type Comparison, NGINX, ROOT, type Workbench } from "./workbench.ts";

const PORT = 19_180;
const ORIGINAL_PORT = 19_181;
const REDIS = "redis://127.0.0.1:19103";
const PROVIDER = "http://127.0.0.1:19104";
const PUBLIC_HOST = "auth.bench.localhost:19180";
const APP_HOST = "app.bench.localhost:19180";
const NGINX_BARE: Load = { url: `${NGINX}/`, status: 202 };

const KEPT = "drop-in, cookie session: forward-auth answer, kept connection, 2.3 kB `Cookie`";
const NEW = "drop-in, cookie session: the same, new connection each";
const FIRST_SIGHT = "drop-in, cookie session: first sight of a cookie";
const STRANGER = "drop-in: answer to a stranger (401)";
const PROXY = "drop-in, cookie session: reverse proxy of a 100-byte answer, kept connections";
const TICKET = "drop-in, Redis ticket: forward-auth answer, kept connection";
const TICKET_UNCACHED = "drop-in, Redis ticket: the same with `--session-cache=0s`";
const MEMORY = "drop-in: resident memory after 200,000 requests and 200 logins";
const START = "drop-in: start of the built executable until the first answer";

const COOKIE_SESSION_ROWS = [KEPT, NEW, FIRST_SIGHT, STRANGER, PROXY];

/** `gatehouse oauth2-proxy`; and oauth2-proxy itself beside it, where `OAUTH2_PROXY` names its executable. */
export async function benchDropIn(bench: Workbench): Promise<void> {
  await bench.startBeside([process.execPath, join(ROOT, "bench/provider.ts")], PROVIDER);
  if (COOKIE_SESSION_ROWS.some(bench.wanted)) await measureCookieSessions(bench);
  if ([TICKET, TICKET_UNCACHED].some(bench.wanted)) await measureTickets(bench);
  if (bench.wanted(MEMORY)) await measureMemory(bench);
  if (bench.wanted(START)) await measureStart(bench);
}

/** Rows of the drop-in. */
export function wantsDropIn({ wanted }: Workbench): boolean {
  return [...COOKIE_SESSION_ROWS, TICKET, TICKET_UNCACHED, MEMORY, START].some(wanted);
}

async function measureCookieSessions(bench: Workbench): Promise<void> {
  const pair = await startPair(bench, { name: "cookie-sessions" });
  // The original opens what ours has sealed, so the same requests are sent to both.
  const cookies = await signInOften(20);
  const [cookie = ""] = cookies;
  const check = checkWith(cookie);
  const bare = bareWith(cookie);
  const { Cookie: _cookie, ...headers } = check.headers ?? {};
  const stranger: Load = {
    ...check,
    headers: { ...headers, Cookie: "other=".padEnd(cookie.length, "x") },
    status: 401,
  };
  const proxied = (url: string): Load => ({ url, headers: { Host: APP_HOST, Cookie: cookie }, status: 200 });
  const rows: readonly Omit<Comparison, "referenceName">[] = [
    { work: KEPT, bound: 1.6, ours: check, reference: bare },
    {
      work: NEW,
      bound: 1.5,
      ours: { ...check, newConnections: true },
      reference: { ...bare, newConnections: true },
    },
    { work: STRANGER, bound: 1.6, ours: stranger, reference: bare },
    {
      work: FIRST_SIGHT,
      bound: 10,
      // Another cookie of the header changes each time, so that no request has been seen before.
      ours: { ...check, headers, cookies: cookies.map((one) => one.replace(FILLING, `other=${UNIQUE}`)) },
      reference: bare,
    },
  ];
  for (const row of rows) await comparePair(bench, pair, { ...row, referenceName: "nginx" });
  await comparePair(bench, pair, {
    work: PROXY,
    bound: 2.2,
    ours: proxied(`http://127.0.0.1:${PORT}/`),
    reference: proxied(`${NGINX}/proxied/`),
    referenceName: "nginx `proxy_pass`",
  });
  await endPair(bench, pair);
}

async function measureTickets(bench: Workbench): Promise<void> {
  if (Bun.which("redis-server") === null) {
    console.error("SKIPPED: the rows of Redis tickets, because redis-server is missing");
    return;
  }
  await bench.startBeside(["redis-server", "--port", new URL(REDIS).port, "--bind", "127.0.0.1", "--save", ""]);
  const flags = ["--session-store-type=redis", `--redis-connection-url=${REDIS}`];
  for (const [work, bound, ownFlags] of [
    [TICKET, 1.6, []],
    [TICKET_UNCACHED, 10, ["--session-cache=0s"]],
  ] as const) {
    if (!bench.wanted(work)) continue;
    const pair = await startPair(bench, { name: `tickets-${ownFlags.length}`, flags, ownFlags });
    const cookie = await signInDropIn();
    await comparePair(bench, pair, {
      work,
      bound,
      ours: checkWith(cookie),
      reference: bareWith(cookie),
      referenceName: "nginx",
    });
    await endPair(bench, pair);
  }
}

async function measureMemory(bench: Workbench): Promise<void> {
  const pair = await startPair(bench, { name: "drop-in-memory", executable: await bench.executable() });
  const cookie = (await signInOften(200)).at(-1) ?? "";
  await exert(checkWith(cookie), 200_000, bench.folder);
  const values = [pair.gatehouse.residentMegabytes()];
  const originalValues: number[] = [];
  if (pair.original !== undefined) {
    await exert(atOriginal(checkWith(cookie)), 200_000, bench.folder);
    originalValues.push(pair.original.residentMegabytes());
  }
  bench.add({ work: MEMORY, bound: 72, unit: "MB", values, originalValues });
  await endPair(bench, pair);
}

async function measureStart(bench: Workbench): Promise<void> {
  const cwd = bench.makeFolder("drop-in-start");
  const executable = await bench.executable();
  const place = { cwd, path: "/ping" };
  const values = await startTimes([executable, "oauth2-proxy", ...flagsFor(PORT)], { ...place, port: PORT });
  const original = originalExecutable();
  const originalValues =
    original === undefined
      ? []
      : await startTimes([original, ...flagsFor(ORIGINAL_PORT)], { ...place, port: ORIGINAL_PORT });
  bench.add({ work: START, bound: 80, unit: "ms", values, originalValues });
}

/** Ours and, where it is there, the original. */
interface Pair {
  readonly gatehouse: MeasuredProcess;
  readonly original: MeasuredProcess | undefined;
}

interface PairOptions {
  /** Of its folder. */
  readonly name: string;
  /** For both. */
  readonly flags?: readonly string[];
  /** That the original does not have. */
  readonly ownFlags?: readonly string[];
  /** Default: what `npm start` runs. */
  readonly executable?: string;
}

async function startPair(
  bench: Workbench,
  { name, flags = [], ownFlags = [], executable }: PairOptions,
): Promise<Pair> {
  const cwd = bench.makeFolder(name);
  const original = originalExecutable();
  const gatehouse = await bench.start(
    [executable ?? join(ROOT, "bin/gatehouse"), "oauth2-proxy", ...flagsFor(PORT), ...flags, ...ownFlags],
    cwd,
    `http://127.0.0.1:${PORT}/ping`,
  );
  if (original === undefined) return { gatehouse, original };
  // Ours does not write a line for each request either.
  const quiet = ["--request-logging=false", "--auth-logging=false"];
  return {
    gatehouse,
    original: await bench.start(
      [original, ...flagsFor(ORIGINAL_PORT), ...flags, ...quiet],
      cwd,
      `http://127.0.0.1:${ORIGINAL_PORT}/ping`,
    ),
  };
}

async function endPair(bench: Workbench, { gatehouse, original }: Pair): Promise<void> {
  await bench.end(gatehouse);
  if (original !== undefined) await bench.end(original);
}

async function comparePair(bench: Workbench, { gatehouse, original }: Pair, comparison: Comparison): Promise<void> {
  if (!bench.wanted(comparison.work)) return;
  await bench.compare(gatehouse, {
    ...comparison,
    ...(original === undefined ? {} : { original: { server: original, load: atOriginal(comparison.ours) } }),
  });
}

function originalExecutable(): string | undefined {
  return process.env["OAUTH2_PROXY"] || undefined;
}

function flagsFor(port: number): readonly string[] {
  return [`--config=${join(ROOT, "bench/oauth2-proxy.cfg")}`, `--http-address=127.0.0.1:${port}`];
}

function atOriginal(load: Load): Load {
  return { ...load, url: load.url.replace(`:${PORT}/`, `:${ORIGINAL_PORT}/`) };
}

/** What ingress-nginx asks with. */
const ASKED_BY = {
  "X-Original-URL": "http://wiki.bench.localhost/page?a=1",
  "X-Original-Method": "GET",
  "X-Sent-From": "nginx-ingress-controller",
  "X-Real-IP": "192.0.2.7",
  "X-Forwarded-For": "192.0.2.7",
  "X-Auth-Request-Redirect": "/page?a=1",
};

function checkWith(cookie: string): Load {
  const url = `http://127.0.0.1:${PORT}/oauth2/auth`;
  return { url, headers: { Host: PUBLIC_HOST, ...ASKED_BY, Cookie: cookie }, status: 202 };
}

function bareWith(cookie: string): Load {
  return { ...NGINX_BARE, headers: { Host: "bench", ...ASKED_BY, Cookie: cookie } };
}

function signInDropIn(): Promise<string> {
  return signIn(`http://${APP_HOST}/`);
}

async function signInOften(count: number): Promise<readonly string[]> {
  const cookies: string[] = [];
  for (let done = 0; done < count; done += 1) cookies.push(await signInDropIn());
  return cookies;
}
