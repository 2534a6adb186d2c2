import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { Browser } from "../support/browser.ts";
import { COOKIE_SECRET, type DropIn, dropInFlags, startDropIn } from "../support/drop-in.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import { temporaryFolder } from "../support/gatehouse.ts";
import { until } from "../support/until.ts";

/** The original's log, in files, as the process writes it. */

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
});
afterAll(() => provider.stop());

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

function newFolder(): string {
  const folder = temporaryFolder();
  endings.push(() => folder.remove());
  return folder.path;
}

async function start(folder: string, more: readonly string[] = []): Promise<DropIn> {
  const flags = [
    ...dropInFlags(provider),
    "--upstream=static://200",
    `--logging-filename=${join(folder, "access.log")}`,
  ];
  const gate = await startDropIn([...flags, ...more]);
  endings.push(() => gate.process.end("SIGKILL"));
  return gate;
}

/** Everything in the log files of a folder, whichever it lies in. */
function linesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => !name.endsWith(".part"))
    .flatMap((name) => {
      const bytes = readFileSync(join(folder, name));
      return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString().split("\n");
    });
}

const OLD = /^access-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log(\.gz)?$/;
const LONG = "x".repeat(1900); // Longer values are cut.

/** About so many megabytes of lines, each with its own number. */
async function fill(gate: DropIn, first: number, megabytes: number): Promise<number> {
  const end = first + megabytes * 500;
  let next = first;
  const worker = async (): Promise<void> => {
    for (; next < end;) {
      const number = next;
      next += 1;
      await (await fetch(`${gate.url}/n${number}-${LONG}`)).body?.cancel();
    }
  };
  await Promise.all(Array.from({ length: 10 }, worker));
  return end;
}

const numbersIn = (lines: readonly string[]): readonly number[] =>
  lines.flatMap((line) => (/"\/n(\d+)-x/.exec(line) ?? []).slice(1).map(Number)).toSorted((a, b) => a - b);

describe("log files", () => {
  test("hold the three kinds of lines, for the owner only, and no secret", async () => {
    const folder = newFolder();
    const gate = await start(folder);
    const browser = new Browser();
    await browser.open(`${gate.url}/oauth2/start?rd=/page`);
    await new Browser().request(`${gate.url}/oauth2/auth`);
    expect(await gate.stop()).toBe(0);
    const text = linesIn(folder).join("\n");
    expect(text).toMatch(
      /^127\.0\.0\.1:?\S* - \S+ - alice@example\.com \[[\d/ :]+\] \[AuthSuccess\] Authenticated via OAuth2/m,
    );
    expect(text).toMatch(
      /^127\.0\.0\.1\S* - \S+ - alice@example\.com \[[^\]]+\] \S+ GET \S+ "\/page" HTTP\/1\.1 "[^"]*" 200 \d+ [\d.]+$/m,
    );
    expect(text).toMatch(/^\[[\d/ :]+\] \[[^\]]+\] .*listening/m);
    expect(statSync(join(folder, "access.log")).mode & 0o777).toBe(0o600);
    const code = /[?&]code=([\da-f]{32})/.exec(text);
    expect(code).toBeNull();
    for (const secret of [COOKIE_SECRET, provider.clientSecret, browser.cookies[0]?.value ?? "no cookie"]) {
      expect(text).not.toContain(secret);
    }
  });

  test("go on where they were after a restart", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "access.log"), "what was there\n");
    for (const number of [1, 2]) {
      const gate = await start(folder);
      await fetch(`${gate.url}/n${number}-x`);
      await gate.stop();
    }
    expect(linesIn(folder)[0]).toBe("what was there");
    expect(numbersIn(linesIn(folder))).toEqual([1, 2]);
    expect(readdirSync(folder)).toEqual(["access.log"]);
  });

  test("are put aside when they are full, without losing a line", async () => {
    const folder = newFolder();
    const gate = await start(folder, ["--logging-max-size=1"]);
    const end = await fill(gate, 0, 3);
    await gate.stop();
    const old = readdirSync(folder).filter((name) => name !== "access.log");
    expect(old.length).toBeGreaterThanOrEqual(2);
    for (const name of old) {
      expect(name).toMatch(OLD);
      expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(1024 * 1024);
    }
    expect(numbersIn(linesIn(folder))).toEqual(Array.from({ length: end }, (_, number) => number));
  });

  test("that are old are compressed, and the oldest deleted", async () => {
    const folder = newFolder();
    const gate = await start(folder, ["--logging-max-size=1", "--logging-max-backups=2", "--logging-compress"]);
    const end = await fill(gate, 0, 5);
    await until("two compressed files", () => {
      const old = readdirSync(folder).filter((name) => name !== "access.log");
      return old.length === 2 && old.every((name) => OLD.test(name) && name.endsWith(".gz"));
    });
    await gate.stop();
    // What is there has no gap: only the oldest went. Ten were asked for at a time, so the first few may lie apart.
    const numbers = numbersIn(linesIn(folder)).slice(20);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => end - numbers.length + index));
    expect(numbers.length).toBeGreaterThan(1000);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  test("that cannot be written stop the start, by name", async () => {
    const gate = start("/proc/nowhere");
    expect(gate).rejects.toThrow("logging-filename");
  });
});
