import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import type { Client } from "../../src/provider/storage-model.ts";
import type { Store } from "../../src/store/ports.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { recordingLog } from "./store-recording-log.ts";

let folder: string;
let file: string;
let lines: string[];
let now: number;
let stores: Store[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-failures-"));
  file = join(folder, "gatehouse.db");
  lines = [];
  now = 1_800_000_000;
  stores = [];
});

afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  rmSync(folder, { recursive: true });
});

describe("locked by another process", () => {
  test("a short lock is waited for, and the process goes on meanwhile", async () => {
    const store = await openWithOneClient();
    const other = lock(file, "BEGIN IMMEDIATE");
    const writing = store.clients.create(client("second"));
    expect((await store.clients.find("first"))?.id).toBe("first"); // reading needs no lock
    await sleep(60);
    other.exec("ROLLBACK");
    other.close();
    await writing;
    expect(await store.clients.list()).toHaveLength(2);
    expect(troubles()).toEqual([]);
  });

  test("a long lock fails closed, once slowly and then at once, and is over by itself", async () => {
    const store = await openWithOneClient();
    const other = lock(file, "BEGIN IMMEDIATE");
    const error = await failure(store.clients.create(client("second")));
    expect(error.reason).toBe("unreachable");
    expect(error.status).toBe(503);
    expect(error.retryAfterSeconds).toBe(5);
    expect(error.publicMessage).not.toContain(file);
    expect(String(error.cause)).toContain(file);
    expect((await failure(store.clients.create(client("third")))).reason).toBe("unreachable");
    expect((await store.clients.find("first"))?.id).toBe("first");
    expect(troubles()).toEqual([
      `error store unreachable file=${file} operation=clients.create reason=database is locked`,
    ]);
    other.exec("ROLLBACK");
    other.close();
    await store.clients.create(client("second"));
    expect(troubles().slice(1)).toEqual([`info store reachable again file=${file}`]);
    expect((await store.clients.list()).map(({ id }) => id)).toEqual(["first", "second"]);
  });

  test("a lock at the start does not stop the start", async () => {
    const before = new DatabaseSync(file);
    before.exec("CREATE TABLE something (x)");
    before.exec("BEGIN EXCLUSIVE");
    const store = open();
    expect((await failure(store.ping())).reason).toBe("unreachable");
    expect((await failure(store.clients.find("x"))).reason).toBe("unreachable");
    expect(troubles()).toEqual([`error store unreachable file=${file} operation=ping reason=database is locked`]);
    before.exec("ROLLBACK");
    before.close();
    await store.ping();
    await store.clients.create(client("first"));
    expect(troubles().slice(1)).toEqual([`info store reachable again file=${file}`]);
  });
});

describe("corrupt", () => {
  test("a file that is no database is left alone, and used once it is one", async () => {
    await (await openWithOneClient()).close();
    const backup = join(folder, "backup.db");
    copyFileSync(file, backup);
    writeFileSync(file, "these bytes are nobody's database".repeat(1000));

    const store = open();
    expect((await failure(store.clients.find("first"))).reason).toBe("unreachable");
    expect((await failure(store.clients.create(client("second")))).reason).toBe("unreachable");
    expect((await failure(store.ping())).reason).toBe("unreachable");
    expect(readFileSync(file, "utf8")).toBe("these bytes are nobody's database".repeat(1000));
    expect(troubles()).toEqual([
      `error store unreachable file=${file} operation=clients.find reason=file is not a database`,
    ]);

    copyFileSync(backup, file);
    expect((await store.clients.find("first"))?.id).toBe("first");
    await store.clients.create(client("second"));
    expect(troubles().slice(1)).toEqual([`info store reachable again file=${file}`]);
  });

  test("damaged pages of one table fail what needs them, and are reported once", async () => {
    const filling = await openWithOneClient();
    for (let index = 0; index < 300; index += 1) {
      await filling.clients.create({ ...client(`c${index}`), name: "x".repeat(500) });
    }
    await filling.close();
    const backup = join(folder, "backup.db");
    copyFileSync(file, backup);
    damagePagesWith(file, "xxxxxxxxxxxxxxxxxxxx");

    const store = open();
    await store.ping();
    expect((await failure(store.clients.list())).reason).toBe("unreachable");
    await store.sessions.list();
    expect((await failure(store.clients.list())).reason).toBe("unreachable");
    expect(troubles()).toEqual([
      `error store unreachable file=${file} operation=clients.list reason=database disk image is malformed`,
    ]);
    await store.close();
    copyFileSync(backup, file);
    expect(await open().clients.list()).toHaveLength(301);
  });

  test("one damaged row fails what needs it; no value of it is told", async () => {
    const store = await openWithOneClient();
    await store.clients.create(client("second"));
    const other = new DatabaseSync(file);
    other.exec(`UPDATE client SET redirect_uris = '["my-secret' WHERE id = 'first'`);
    other.close();
    const error = await failure(store.clients.find("first"));
    expect(error.reason).toBe("unreachable");
    expect(String(error.cause)).toContain("redirect_uris");
    expect(String(error.cause)).not.toContain("my-secret");
    expect((await store.clients.find("second"))?.id).toBe("second");
    expect(troubles()).toEqual([]);
  });
});

describe("gone", () => {
  test("a file that went away is not made anew, and found when it is back", async () => {
    const store = await openWithOneClient();
    await store.close();
    const restarted = open();
    await restarted.ping();
    renameSync(file, `${file}.moved`);
    expect((await failure(restarted.ping())).reason).toBe("unreachable");
    expect((await failure(restarted.clients.create(client("second")))).reason).toBe("unreachable");
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, "");
    expect((await failure(restarted.clients.find("first"))).reason).toBe("unreachable");
    expect(statSync(file).size).toBe(0);
    rmSync(file);
    renameSync(`${file}.moved`, file);
    expect((await restarted.clients.find("first"))?.id).toBe("first");
    expect(troubles()).toHaveLength(2);
  });

  test("a file put in its place is what counts from then on", async () => {
    const store = await openWithOneClient();
    const backup = openSqliteStore({ log: recordingLog([]) }, join(folder, "backup.db"));
    await backup.clients.create(client("restored"));
    await backup.close();
    await store.close();

    const running = open();
    expect((await running.clients.list()).map(({ id }) => id)).toEqual(["first"]);
    renameSync(join(folder, "backup.db"), file);
    now += 2;
    expect((await running.clients.list()).map(({ id }) => id)).toEqual(["restored"]);
  });

  test("a folder that is not there fails the operations, not the start", async () => {
    const store = open(join(folder, "later", "gatehouse.db"));
    expect((await failure(store.ping())).reason).toBe("unreachable");
    mkdirSync(join(folder, "later"));
    await store.ping();
    expect(statSync(join(folder, "later", "gatehouse.db")).mode & 0o777).toBe(0o600);
  });

  test("a closed store says so", async () => {
    const store = await openWithOneClient();
    await store.close();
    await store.close();
    expect((await failure(store.clients.find("first"))).reason).toBe("unreachable");
    expect(troubles()).toEqual([]);
  });
});

test("a full disk fails what writes, lets reading go on, and is over by itself", async () => {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  if (!mount("size=1m", disk)) return;
  const full = join(disk, "gatehouse.db");
  const store = openSqliteStore({ log: recordingLog(lines), clock: () => now }, full);
  try {
    await store.clients.create(client("first"));
    const ballast = join(disk, "ballast");
    spawnSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=4096"]);
    const results = [];
    for (let index = 0; index < 20; index += 1) {
      results.push(await store.clients.create({ ...client(`c${index}`), name: "x".repeat(20_000) }).catch(reasonOf));
    }
    expect(results.at(-1)).toBe("unreachable");
    expect((await store.clients.find("first"))?.id).toBe("first");
    expect((await store.clients.list()).length).toBe(1 + results.filter((result) => result === undefined).length);
    expect(troubles()).toEqual([
      `error store unreachable file=${full} operation=clients.create reason=database or disk is full`,
    ]);
    rmSync(ballast);
    await store.clients.create(client("after"));
    expect((await store.clients.find("after"))?.id).toBe("after");
    expect(troubles().slice(1)).toEqual([`info store reachable again file=${full}`]);
  } finally {
    await store.close();
    unmount(disk);
  }
});

test("a read-only disk fails the operations, not the start, and is over by itself", async () => {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  if (!mount("size=1m", disk)) return;
  const onDisk = join(disk, "gatehouse.db");
  const before = open(onDisk);
  await before.clients.create(client("first"));
  await before.close();
  expect(mount("remount,ro", disk)).toBe(true);
  const store = open(onDisk);
  try {
    expect((await failure(store.clients.create(client("second")))).reason).toBe("unreachable");
    expect((await failure(store.clients.find("first"))).reason).toBe("unreachable");
    expect(troubles()).toHaveLength(1);
    expect(troubles()[0]).toContain(`error store unreachable file=${onDisk} operation=clients.create reason=`);
    expect(mount("remount,rw", disk)).toBe(true);
    await store.clients.create(client("second"));
    expect((await store.clients.list()).map(({ id }) => id)).toEqual(["first", "second"]);
    expect(troubles().slice(1)).toEqual([`info store reachable again file=${onDisk}`]);
  } finally {
    await store.close();
    unmount(disk);
  }
});

describe("several processes", () => {
  test("a code that a killed process redeemed stays redeemed", async () => {
    const store = open();
    for (let index = 0; index < 400; index += 1) await store.revokedTokens.create({ tokenId: `t${index}`, expiry: 1 });
    await store.close();
    const child = startRedeemer();
    const redeemed = await linesOf(child, 100);
    expect(child.signalCode ?? (await once(child, "exit"))[1]).toBe("SIGKILL");
    expect(redeemed.length).toBeGreaterThanOrEqual(100);
    const left = new Set((await open().revokedTokens.list()).map((token) => token.tokenId));
    expect(redeemed.filter((tokenId) => left.has(tokenId))).toEqual([]);
    expect(left.size).toBeGreaterThan(0);
  });

  test("each code is redeemed once, whoever comes first", async () => {
    const store = open();
    for (let index = 0; index < 300; index += 1) await store.revokedTokens.create({ tokenId: `t${index}`, expiry: 1 });
    const children = [startRedeemer(), startRedeemer()];
    const [first = [], second = []] = await Promise.all(children.map((child) => linesOf(child, Infinity)));
    const redeemed = [...first, ...second];
    expect(redeemed).toHaveLength(300);
    expect(new Set(redeemed).size).toBe(300);
    expect(await store.revokedTokens.list()).toEqual([]);
  });
});

function open(path = file): Store {
  const store = openSqliteStore({ log: recordingLog(lines), clock: () => now }, path);
  stores.push(store);
  return store;
}

async function openWithOneClient(): Promise<Store> {
  const store = open();
  await store.clients.create(client("first"));
  return store;
}

function client(id: string): Client {
  return {
    id,
    secret: "s",
    redirectUris: [],
    trustedPeers: [],
    public: false,
    name: "",
    logoUrl: "",
    allowedConnectors: [],
    postLogoutRedirectUris: [],
  };
}

function lock(path: string, begin: string): DatabaseSync {
  const db = new DatabaseSync(path);
  db.exec(begin);
  return db;
}

/** The log without what was said about schemas. */
function troubles(): string[] {
  return lines.filter((line) => !line.includes("schema brought forward"));
}

async function failure(operation: Promise<unknown>): Promise<StoreError> {
  const error = await operation.then(
    (value) => new Error(`it did not fail: ${String(value)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof StoreError)) throw error;
  return error;
}

function reasonOf(error: unknown): string {
  return error instanceof StoreError ? error.reason : String(error);
}

/** Overwrite the head of every page that holds the text. */
function damagePagesWith(path: string, text: string): void {
  const bytes = readFileSync(path);
  for (let page = 4096; page < bytes.length; page += 4096) {
    if (bytes.subarray(page, page + 4096).includes(text)) bytes.fill(0xaa, page, page + 64);
  }
  writeFileSync(path, bytes);
}

function startRedeemer() {
  return spawn(process.execPath, [fileURLToPath(new URL("./store-redeemer.ts", import.meta.url)), file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Whole lines that a child printed until it ended; with `enough` it is killed. */
async function linesOf(child: ReturnType<typeof startRedeemer>, enough: number): Promise<string[]> {
  let printed = "";
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    if (printed.split("\n").length > enough) child.kill("SIGKILL");
  }
  return printed.split("\n").slice(0, -1);
}

function mount(options: string, disk: string): boolean {
  const words = ["-t", "tmpfs", "-o", options, "tmpfs", disk];
  if (spawnSync("/bin/sh", ["-c", 'exec mount "$@"', "mount", ...words]).status === 0) return true;
  console.error("SKIPPED: a disk of its own needs the right to mount a small file system");
  return false;
}

function unmount(disk: string): void {
  spawnSync("/bin/sh", ["-c", 'exec umount "$1"', "umount", disk]);
}
