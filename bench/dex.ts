import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { HAS_POSTGRES, startPostgres } from "../test/support/postgres-server.ts";
import {
  createDexClient,
  CREDENTIALS,
  dexConfiguration,
  type DexClient,
  FORM,
  PEOPLE,
  type Storage,
} from "./dex-client.ts";
import { type Load, WARM_UP_SECONDS } from "./load.ts";
import type { MeasuredProcess } from "./measured-process.ts";
import { startTimes } from "./start-time.ts";
import { ROOT, type Workbench } from "./workbench.ts";

const PORT = 19_180;
const ORIGINAL_PORT = 19_181;
const NAME = "dex drop-in";
const HASHING = `${NAME}: 99th percentile of \`/healthz\` while 20 logins hash a password`;
const MEMORY = `${NAME}, SQLite: resident memory after 500 logins, exchanges and refreshes each`;
const START = `${NAME}, SQLite: start of the built executable until the first answer`;

/** Milliseconds of CPU time that dex 2.45 needed on a machine like this, where it is not measured in the same run. */
const NOTED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  memory: { discovery: 0.068, keys: 0.45, refresh: 2.45, userinfo: 0.2, introspection: 0.28 },
  SQLite: { refresh: 5.3, userinfo: 0.63, introspection: 0.67 },
};
/** Of what the original needs; what it is not known to need anywhere is only shown. */
const BOUND = 0.7;

/** Grants and logins a round: each is sent once the one before is answered. */
const GRANTS = 300;

/** `gatehouse dex`; and dex itself beside it, where `DEX` names its executable. */
export async function benchDex(bench: Workbench): Promise<void> {
  for (const store of STORES) {
    if (WORKS.some((work) => bench.wanted(rowName(store, work)))) await measureStore(bench, store);
  }
  if (bench.wanted(HASHING)) await measureHashing(bench);
  if (bench.wanted(MEMORY)) await measureMemory(bench);
  if (bench.wanted(START)) await measureStart(bench);
}

/** Rows of the provider as dex's drop-in. */
export function wantsDex({ wanted }: Workbench): boolean {
  const works = STORES.flatMap((store) => WORKS.map((work) => rowName(store, work)));
  return [...works, HASHING, MEMORY, START].some(wanted);
}

const STORES = ["memory", "SQLite", "PostgreSQL"] as const;
type StoreName = (typeof STORES)[number];

const WORKS = ["discovery", "keys", "login", "code exchange", "refresh", "userinfo", "introspection"] as const;
type Work = (typeof WORKS)[number];

function rowName(store: StoreName, work: Work): string {
  const details = { login: " (without a password hash)", refresh: ", RS256", "code exchange": ", RS256" };
  return `${NAME}, ${store}: ${work}${(details as Partial<Record<Work, string>>)[work] ?? ""}`;
}

async function measureStore(bench: Workbench, store: StoreName): Promise<void> {
  if (store !== "PostgreSQL") return measureWorks(bench, store, () => storageIn(store));
  if (!HAS_POSTGRES) return;
  const server = await startPostgres();
  try {
    await server.createDatabase("original");
    const { host, port, user, password, database } = server;
    const config = { host, port, user, password, ssl: { mode: "disable" } };
    await measureWorks(bench, store, (isOriginal) => ({
      type: "postgres",
      config: { ...config, database: isOriginal ? "original" : database },
    }));
  } finally {
    await server.stop();
  }
}

function storageIn(store: "memory" | "SQLite"): Storage {
  return store === "memory" ? { type: "memory" } : { type: "sqlite3", config: { file: "dex.db" } };
}

async function measureWorks(
  bench: Workbench,
  store: StoreName,
  storage: (isOriginal: boolean) => Storage,
): Promise<void> {
  const name = `dex-${store}`;
  const gatehouse = await startOurs(bench, name, storage(false));
  const original = await startOriginal(bench, `${name}-original`, storage(true));
  for (const work of WORKS) {
    const row = rowName(store, work);
    if (!bench.wanted(row)) continue;
    const values = await costsOf(bench, gatehouse, work);
    const noted = NOTED[store]?.[work];
    const reference =
      original === undefined
        ? noted === undefined
          ? {}
          : { reference: { name: "dex 2.45, noted before", values: [noted] } }
        : { reference: { name: "dex", values: await costsOf(bench, original, work) } };
    bench.add({ work: row, unit: "ms", values, ...reference, ...(noted === undefined ? {} : { bound: BOUND }) });
  }
  await endBoth(bench, gatehouse, original);
}

/** A provider that is measured, and its client. */
interface Served {
  readonly server: MeasuredProcess;
  readonly client: DexClient;
}

/** @returns milliseconds of CPU time a request (a login: all its hops), a round. */
async function costsOf(bench: Workbench, served: Served, work: Work): Promise<readonly number[]> {
  const { server, client } = served;
  if (work === "login") return rounds(server, client.signIn);
  if (work === "code exchange") return exchangeRounds(served);
  if (work === "refresh") return refreshRounds(served);
  const { accessToken } = await client.exchange(await client.signIn());
  const costs = await bench.measureAlone(server, loadOf(client, work, accessToken));
  return costs.map((microseconds) => microseconds / 1000);
}

function loadOf({ issuer }: DexClient, work: Work, accessToken: string): Load {
  if (work === "discovery") return { url: `${issuer}/.well-known/openid-configuration`, status: 200 };
  if (work === "keys") return { url: `${issuer}/keys`, status: 200 };
  if (work === "userinfo") {
    return { url: `${issuer}/userinfo`, headers: { Authorization: `Bearer ${accessToken}` }, status: 200 };
  }
  const headers = { Authorization: CREDENTIALS, "Content-Type": FORM };
  return { url: `${issuer}/token/introspect`, headers, body: `token=${accessToken}`, status: 200 };
}

/** The codes are there before the clock starts. */
async function exchangeRounds({ server, client }: Served): Promise<readonly number[]> {
  const values: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const codes: string[] = [];
    while (codes.length < GRANTS) codes.push(await client.signIn());
    values.push(await costOfEach(server, () => client.exchange(codes.pop() ?? "")));
  }
  return values;
}

async function refreshRounds({ server, client }: Served): Promise<readonly number[]> {
  let { refreshToken } = await client.exchange(await client.signIn());
  return rounds(server, async () => ({ refreshToken } = await client.refresh(refreshToken)));
}

const ROUNDS = 3;

/** After as long as other rows are warmed up. */
async function rounds(server: MeasuredProcess, work: () => Promise<unknown>): Promise<readonly number[]> {
  const warmAt = performance.now() + WARM_UP_SECONDS * 1000;
  while (performance.now() < warmAt) await work();
  const values: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) values.push(await costOfEach(server, work));
  return values;
}

async function costOfEach(server: MeasuredProcess, work: () => Promise<unknown>): Promise<number> {
  const before = server.cpuMicroseconds();
  for (let done = 0; done < GRANTS; done += 1) await work();
  return (server.cpuMicroseconds() - before) / GRANTS / 1000;
}

async function measureHashing(bench: Workbench): Promise<void> {
  const gatehouse = await startOurs(bench, "dex-hashing", { type: "memory" });
  const original = await startOriginal(bench, "dex-hashing-original", { type: "memory" });
  const values = await waitsWhileHashing(gatehouse.client);
  const originalValues = original === undefined ? [] : await waitsWhileHashing(original.client);
  bench.add({ work: HASHING, bound: 50, unit: "ms", values, originalValues });
  await endBoth(bench, gatehouse, original);
}

/** @returns the 99th percentile of what `/healthz` takes while 20 logins are always under way, milliseconds, a round. */
async function waitsWhileHashing({ issuer, signInByPassword }: DexClient): Promise<readonly number[]> {
  const values: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const until = performance.now() + 3000;
    const logins = PEOPLE.map(async (email) => {
      while (performance.now() < until) await signInByPassword(email);
    });
    const waits: number[] = [];
    while (performance.now() < until) {
      const begin = performance.now();
      await (await fetch(`${issuer}/healthz`)).text();
      waits.push(performance.now() - begin);
      await Bun.sleep(5);
    }
    await Promise.all(logins);
    waits.sort((a, b) => a - b);
    values.push(waits[Math.floor(waits.length * 0.99)] ?? Number.NaN);
  }
  return values;
}

async function measureMemory(bench: Workbench): Promise<void> {
  const gatehouse = await startOurs(bench, "dex-memory", storageIn("SQLite"), await bench.executable());
  const original = await startOriginal(bench, "dex-memory-original", storageIn("SQLite"));
  const values = [await memoryAfterWork(gatehouse)];
  const originalValues = original === undefined ? [] : [await memoryAfterWork(original)];
  bench.add({ work: MEMORY, bound: 100, unit: "MB", values, originalValues });
  await endBoth(bench, gatehouse, original);
}

async function memoryAfterWork({ server, client }: Served): Promise<number> {
  for (let done = 0; done < 500; done += 1) {
    const { refreshToken } = await client.exchange(await client.signIn());
    await client.refresh(refreshToken);
  }
  return server.residentMegabytes();
}

async function measureStart(bench: Workbench): Promise<void> {
  const cwd = bench.makeFolder("dex-start");
  const times = (command: readonly string[], port: number): Promise<readonly number[]> => {
    writeFileSync(
      join(cwd, `${port}.json`),
      dexConfiguration(port, { type: "sqlite3", config: { file: `${port}.db` } }),
    );
    return startTimes([...command, "serve", `${port}.json`], { cwd, port, path: "/dex/healthz" });
  };
  const original = originalExecutable();
  const values = await times([await bench.executable(), "dex"], PORT);
  const originalValues = original === undefined ? [] : await times([original], ORIGINAL_PORT);
  bench.add({ work: START, bound: 80, unit: "ms", values, originalValues });
}

async function startOurs(
  bench: Workbench,
  name: string,
  storage: Storage,
  executable = join(ROOT, "bin/gatehouse"),
): Promise<Served> {
  return startServer(bench, { name, command: [executable, "dex"], port: PORT, storage });
}

async function startOriginal(bench: Workbench, name: string, storage: Storage): Promise<Served | undefined> {
  const executable = originalExecutable();
  if (executable === undefined) return undefined;
  return startServer(bench, { name, command: [executable], port: ORIGINAL_PORT, storage });
}

async function startServer(
  bench: Workbench,
  {
    name,
    command,
    port,
    storage,
  }: { readonly name: string; readonly command: readonly string[]; readonly port: number; readonly storage: Storage },
): Promise<Served> {
  const cwd = bench.makeFolder(name);
  writeFileSync(join(cwd, "config.json"), dexConfiguration(port, storage));
  const client = createDexClient(port);
  return { server: await bench.start([...command, "serve", "config.json"], cwd, `${client.issuer}/healthz`), client };
}

async function endBoth(bench: Workbench, gatehouse: Served, original: Served | undefined): Promise<void> {
  await bench.end(gatehouse.server);
  if (original !== undefined) await bench.end(original.server);
}

function originalExecutable(): string | undefined {
  return process.env["DEX"] || undefined;
}
