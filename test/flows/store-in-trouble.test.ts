import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { type Answer, Browser } from "../support/browser.ts";
import { freePort, spawnGatehouse, startGatehouse, untilAnswering } from "../support/gatehouse.ts";
import { until } from "../support/until.ts";

const AUTH = "auth.gatehouse.localhost";
const WIKI = "wiki.gatehouse.localhost";
const PROGRAM = { accept: "application/json", "sec-fetch-mode": "cors" };
const passwordHash = await hashPassword("correct horse", "bcrypt");
const helloPort = await freePort();
const hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`]);
const alice = new Browser();

let gatehouse: Awaited<ReturnType<typeof startGatehouse>>;
let file: string;
let cookies: Browser["cookies"];

beforeAll(async () => {
  await untilAnswering(`http://127.0.0.1:${helloPort}/`, hello);
  gatehouse = await startGatehouse(
    ({ port, telemetryPort }) => `
publicUrl: http://${AUTH}:${port}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
trustedProxies: [127.0.0.1/32]
cookie: { domain: gatehouse.localhost }
session: { cacheSeconds: 0 }
connectors:
  - id: local
    type: local
    users: [{ email: alice@example.com, name: Alice, passwordHash: "${passwordHash}" }]
apps:
  - { host: "${WIKI}:${port}", upstream: "http://127.0.0.1:${helloPort}", allow: { everyone: true } }
`,
  );
  file = join(gatehouse.folder, "data", "gatehouse.db");
  expect((await signIn(alice)).status).toBe(200);
  ({ cookies } = alice);
});

afterAll(async () => {
  await gatehouse.stop();
  await hello.end();
});

async function signIn(browser: Browser): Promise<Answer> {
  const form = await browser.open(gatehouse.url(WIKI, "/"));
  return browser.submit(form, { username: "alice@example.com", password: "correct horse" });
}

function openWiki(headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return alice.request(gatehouse.url(WIKI, "/page"), { headers });
}

async function readiness(): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${gatehouse.telemetryPort}/readyz`);
  await answer.body?.cancel();
  return answer.status;
}

/** 503 with a time to try again, no word about files or drivers, and no cookie touched. */
function expectUnavailable(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
  expect(answer.headers.getSetCookie()).toEqual([]);
  expect(answer.body).not.toMatch(/sqlite|database|\.db\b/i);
}

/** Everybody who asks is told the truth, and the log has one line that names the file. */
async function expectTrouble(since: number): Promise<void> {
  const page = await until("the trouble to be noticed", async () => {
    const answer = await openWiki();
    return answer.status !== 200 && answer;
  });
  expectUnavailable(page);
  expect(page.headers.get("content-type")).toStartWith("text/html");
  expect(page.body).toContain("You have not been signed out.");
  const program = await openWiki(PROGRAM);
  expectUnavailable(program);
  expect(program.headers.get("content-type")).toBe("application/problem+json");
  expect(JSON.parse(program.body)).toMatchObject({ status: 503, code: "store_unreachable" });
  const asked = { ...PROGRAM, "x-original-url": gatehouse.url(WIKI, "/page"), "x-original-method": "GET" };
  expectUnavailable(await alice.request(gatehouse.url(AUTH, "/authz/auth-request"), { headers: asked }));
  expectUnavailable(await alice.request(gatehouse.url(AUTH, "/oauth2/sign_out")));
  expectUnavailable(await signIn(new Browser()));
  expect(await readiness()).toBe(503);
  expect((await alice.request(gatehouse.url(AUTH, "/ping"))).status).toBe(200);
  const lines = await until("the log", () => {
    const found = logSince(since).filter((line) => line.includes('"store unreachable"'));
    return found.length > 0 && found;
  });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "error", file: "data/gatehouse.db" });
}

/** Work goes on by itself, and the browser that was signed in before still is, with the cookies it had. */
async function expectRecovery(since: number): Promise<void> {
  await until("the store to be ready", async () => (await readiness()) === 200);
  const page = await until("work to go on", async () => {
    const answer = await openWiki();
    return answer.status !== 503 && answer;
  });
  expect(page.status).toBe(200);
  expect(page.body).toContain("alice@example.com");
  expect(alice.cookies).toEqual(cookies);
  expect((await signIn(new Browser())).status).toBe(200);
  await until("the log", () => logSince(since).some((line) => line.includes('"store reachable again"')));
}

function logSince(position: number): readonly string[] {
  return gatehouse.process.output().slice(position).split("\n");
}

function logNow(): number {
  return gatehouse.process.output().length;
}

/** Another process that holds the write lock until `release`. */
async function lockFromOutside(): Promise<{ release(): Promise<void> }> {
  const script = `
    const { DatabaseSync } = await import("node:sqlite");
    const db = new DatabaseSync(${JSON.stringify(file)}, { timeout: 5000 });
    db.exec("BEGIN IMMEDIATE");
    console.log("locked");
    for await (const _ of process.stdin) break;
    db.exec("ROLLBACK");`;
  const other = Bun.spawn([process.execPath, "-e", script], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  let said = "";
  for await (const chunk of other.stdout) {
    said += new TextDecoder().decode(chunk);
    if (said.includes("locked")) break;
  }
  return {
    async release() {
      void other.stdin.write("go\n");
      await other.stdin.end();
      await other.exited;
    },
  };
}

describe("locked by another process", () => {
  test("who is signed in goes on reading; who signs in is told to try again; afterwards it goes on", async () => {
    const since = logNow();
    const lock = await lockFromOutside();
    try {
      expectUnavailable(await signIn(new Browser()));
      const program = await alice.request(gatehouse.url(AUTH, "/oauth2/sign_in"), {
        form: { connector: "local", username: "alice@example.com", password: "correct horse" },
        headers: { ...PROGRAM, cookie: "" },
      });
      expectUnavailable(program);
      expect(program.headers.get("content-type")).toBe("application/problem+json");
      expect((await openWiki()).status).toBe(200);
      await until("the log", () =>
        logSince(since).some((line) => line.includes('"store unreachable"') && line.includes("data/gatehouse.db")),
      );
    } finally {
      await lock.release();
    }
    expect((await signIn(new Browser())).status).toBe(200);
    await expectRecovery(since);
  }, 30_000);
});

describe("the file", () => {
  test("is gone, and comes back", async () => {
    const since = logNow();
    renameSync(file, `${file}.away`);
    await expectTrouble(since);
    renameSync(`${file}.away`, file);
    await expectRecovery(since);
  }, 60_000);

  test("cannot be opened, because something else has its name", async () => {
    const since = logNow();
    renameSync(file, `${file}.away`);
    writeFileSync(file, "");
    await expectTrouble(since);
    rmSync(file);
    renameSync(`${file}.away`, file);
    await expectRecovery(since);
  }, 60_000);

  test("is replaced by garbage, and then by itself again", async () => {
    const since = logNow();
    renameSync(file, `${file}.away`);
    writeFileSync(file, "these bytes are nobody's database".repeat(2000));
    await expectTrouble(since);
    renameSync(`${file}.away`, file);
    await expectRecovery(since);
  }, 60_000);

  test("is overwritten with garbage in place, and restored from a backup", async () => {
    const backup = `${file}.backup`;
    const db = new DatabaseSync(file, { timeout: 5000 });
    db.exec(`VACUUM INTO '${backup}'`);
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    db.close();
    const since = logNow();
    writeFileSync(file, "these bytes are nobody's database".repeat(5000));
    await expectTrouble(since);
    for (const leftover of ["-wal", "-shm"]) rmSync(`${file}${leftover}`, { force: true });
    renameSync(backup, file);
    await expectRecovery(since);
  }, 60_000);
});
