import { randomBytes } from "node:crypto";
import { join } from "node:path";

import { type CookieKey, createCookieKey } from "../src/session/oauth2-proxy-cookie/cookie-key.ts";
import { openSession, sealSession } from "../src/session/oauth2-proxy-cookie/session-codec.ts";
import { Browser } from "../test/support/browser.ts";
import { median } from "./table.ts";
import { createWorkbench, ROOT, type Workbench } from "./workbench.ts";

/**
 * `npm run load`: 200 connections ask `/oauth2/auth` of `gatehouse oauth2-proxy` for a minute (`LOAD_SECONDS`), as fast as it answers. One
 * request in a hundred is a whole login at the provider, another one comes with a session that has to be refreshed there. Nothing may
 * fail, and memory must stay flat: in the last quarter within 10 % of the second.
 */
const SECONDS = Number(process.env["LOAD_SECONDS"] ?? 60);
const CONNECTIONS = 200;
const LOGIN_SHARE = 0.01;
const REFRESH_SHARE = 0.01;
const MAX_GROWTH = 0.1;

const GATE = "http://127.0.0.1:19180";
const APP = "http://app.bench.localhost:19180/";
const COOKIE = "_oauth2_proxy";
const REFRESH_AFTER_SECONDS = 3600;
/** Of `oauth2-proxy.cfg`. */
const KEY = createCookieKey(COOKIE, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", 0);

interface Tally {
  /** What the server printed. */
  readonly log: string;
  checks: number;
  logins: number;
  refreshes: number;
  /** What failed, and how often. */
  readonly failures: Map<string, number>;
  /** Milliseconds that checks took. */
  readonly waits: number[];
  /** Resident megabytes, a second. */
  readonly memory: number[];
}

const bench = await createWorkbench("");
try {
  const tally = await run(bench, KEY);
  process.exitCode = report(tally) ? 0 : 1;
  if (tally.failures.size > 0) console.log((await warnings(tally)).join("\n"));
} finally {
  await bench.close();
}

async function run(workbench: Workbench, key: CookieKey | undefined): Promise<Tally> {
  if (key === undefined) throw new Error("the cookie secret is no key");
  await workbench.startBeside([process.execPath, join(ROOT, "bench/provider.ts")], "http://127.0.0.1:19104");
  const folder = workbench.makeFolder("soak");
  const gatehouse = await workbench.start(
    [
      join(ROOT, "bin/gatehouse"),
      "oauth2-proxy",
      `--config=${join(ROOT, "bench/oauth2-proxy.cfg")}`,
      "--http-address=127.0.0.1:19180",
      `--cookie-refresh=${REFRESH_AFTER_SECONDS}s`,
    ],
    folder,
    `${GATE}/ping`,
  );
  const tally: Tally = {
    log: join(folder, "log"),
    checks: 0,
    logins: 0,
    refreshes: 0,
    failures: new Map(),
    waits: [],
    memory: [],
  };
  const until = performance.now() + SECONDS * 1000;
  const sampling = setInterval(() => tally.memory.push(gatehouse.residentMegabytes()), 1000);
  await Promise.all(Array.from({ length: CONNECTIONS }, () => visit(tally, key, until)));
  clearInterval(sampling);
  return tally;
}

/** One browser behind one gateway, until the time is over. */
async function visit(tally: Tally, key: CookieKey, until: number): Promise<void> {
  let session = await tried(tally, "login", () => signIn(tally));
  while (performance.now() < until) {
    const chance = Math.random();
    if (session === undefined || chance < LOGIN_SHARE) session = await tried(tally, "login", () => signIn(tally));
    else if (chance < LOGIN_SHARE + REFRESH_SHARE)
      session = await tried(tally, "refresh", refreshing(tally, key, session));
    else await tried(tally, "check", checking(tally, session));
  }
}

async function tried<T>({ failures }: Tally, what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const failure = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    failures.set(failure, (failures.get(failure) ?? 0) + 1);
    return undefined;
  }
}

/** @returns the value of the session's cookie. */
async function signIn(tally: Tally): Promise<string> {
  const browser = new Browser();
  const page = await browser.open(APP);
  const value = browser.cookies.find(({ name }) => name === COOKIE)?.value;
  if (page.status !== 200 || value === undefined) throw new Error(`ended with ${page.status} at ${page.url}`);
  tally.logins += 1;
  return value;
}

function checking(tally: Tally, session: string): () => Promise<void> {
  return async () => {
    const begin = performance.now();
    const response = await check(session);
    tally.waits.push(performance.now() - begin);
    if (response.headers.getSetCookie().length > 0) throw new Error("an answer changes the session");
    tally.checks += 1;
  };
}

/** A session that began two hours ago has to be refreshed. @returns its new cookie. */
function refreshing(tally: Tally, key: CookieKey, session: string): () => Promise<string> {
  return async () => {
    const deps = { clock: () => Date.now() / 1000, random: randomBytes };
    const content = openSession(deps, key, session);
    if (content === undefined) throw new Error("the session's cookie does not open");
    const createdAt = Math.trunc(deps.clock()) - 2 * REFRESH_AFTER_SECONDS;
    const response = await check(sealSession(deps, key, { ...content, createdAt }));
    const renewed = new RegExp(`^${COOKIE}=([^;]+)`).exec(response.headers.getSetCookie()[0] ?? "")?.[1];
    if (renewed === undefined) throw new Error("nothing was refreshed");
    tally.refreshes += 1;
    return renewed;
  };
}

async function check(session: string): Promise<Response> {
  const headers = { Host: "auth.bench.localhost:19180", "X-Original-Method": "GET", Cookie: `${COOKIE}=${session}` };
  const response = await fetch(`${GATE}/oauth2/auth`, { headers, redirect: "manual" });
  await response.arrayBuffer();
  if (response.status !== 202) throw new Error(`answered with ${response.status}`);
  return response;
}

/** The first lines of the server's log that say more than that somebody signed in. */
async function warnings({ log }: Tally): Promise<readonly string[]> {
  const lines = (await Bun.file(log).text()).split("\n");
  return lines.filter((line) => /"level":"(?:warn|error)"/.test(line)).slice(0, 10);
}

/** @returns whether everything was as it must be. */
function report({ checks, logins, refreshes, failures, waits, memory }: Tally): boolean {
  const quarter = (number: number): number =>
    median(memory.slice(Math.floor((memory.length * (number - 1)) / 4), Math.floor((memory.length * number) / 4)));
  const growth = quarter(4) / quarter(2) - 1;
  const total = checks + logins + refreshes;
  const share = (count: number): string => `${count} (${((100 * count) / total).toFixed(1)} %)`;
  const sorted = waits.toSorted((a, b) => a - b);
  const wait = (part: number): string => `${(sorted[Math.floor(sorted.length * part)] ?? Number.NaN).toFixed(1)} ms`;
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  console.log(
    [
      `${CONNECTIONS} connections for ${SECONDS} s: ${checks} checks, ${share(logins)} logins, ${share(refreshes)} refreshes`,
      `a check took ${wait(0.5)} (median), ${wait(0.99)} (99 %), client and server on one machine`,
      `failures: ${failed}${[...failures].map(([failure, count]) => `\n  ${count} × ${failure}`).join("")}`,
      `resident memory by quarter: ${[1, 2, 3, 4].map((number) => quarter(number).toFixed(1)).join(", ")} MB; last over second ${(100 * growth).toFixed(1)} % (at most ${100 * MAX_GROWTH} %)`,
    ].join("\n"),
  );
  return failed === 0 && growth <= MAX_GROWTH && refreshes > 0 && logins > CONNECTIONS;
}
