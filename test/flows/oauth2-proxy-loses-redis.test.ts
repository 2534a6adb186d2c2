import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { Browser } from "../support/browser.ts";
import { type DropIn, dropInFlags, startDropIn } from "../support/drop-in.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import { HAS_REDIS, type RedisProcess, startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

/** Redis is killed and started again while people are at work. Its data is on its disk. */
describe.skipIf(!HAS_REDIS)("the drop-in, when its Redis dies under load", () => {
  let provider: FakeProvider;
  let redis: RedisProcess;
  let gate: DropIn;
  const browsers: Browser[] = [];

  beforeAll(async () => {
    provider = await startFakeProvider();
    redis = await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
    gate = await startDropIn([
      ...dropInFlags(provider),
      "--upstream=static://200",
      "--session-store-type=redis",
      `--redis-connection-url=redis://127.0.0.1:${redis.port}`,
    ]);
    for (let count = 0; count < 5; count += 1) browsers.push(await signedIn());
  });
  afterAll(() => Promise.all([gate.stop(), redis.stop(), provider.stop()]));

  async function signedIn(): Promise<Browser> {
    const browser = new Browser();
    expect((await browser.open(`${gate.url}/oauth2/start?rd=/`)).status).toBe(200);
    return browser;
  }

  interface Seen {
    readonly status: number;
    readonly retryAfter: string | null;
    readonly setCookies: readonly string[];
  }

  /** Eight at a time ask who they are, with the sessions in turn, until told to stop. */
  function startLoad(): { readonly seen: readonly Seen[]; stop(): Promise<void> } {
    const seen: Seen[] = [];
    const state = { isOver: false };
    const worker = async (first: number): Promise<void> => {
      for (let turn = first; !state.isOver; turn += 1) {
        const path = turn % 2 === 0 ? "/oauth2/auth" : "/page";
        // Not through the browser, whose cookies would change if it were told so.
        const cookie = browsers[turn % browsers.length]?.cookieHeader(new URL(gate.url)) ?? "";
        const response = await fetch(gate.url + path, { headers: { cookie }, redirect: "manual" });
        await response.body?.cancel();
        const { status, headers } = response;
        seen.push({ status, retryAfter: headers.get("retry-after"), setCookies: headers.getSetCookie() });
        await Bun.sleep(5);
      }
    };
    const workers = Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(worker));
    return {
      seen,
      async stop() {
        state.isOver = true;
        await workers;
      },
    };
  }

  test("answers with 503 and when to come again, logs nobody out, and goes on by itself as soon as Redis is back", async () => {
    const load = startLoad();
    await until("some answers", () => load.seen.length > 50);
    await redis.kill();
    await until("the trouble to show", () => load.seen.some(({ status }) => status === 503));
    // Long enough for everything remembered to be too old, and for whoever waits to have given up.
    await until("trouble for everybody", () => load.seen.slice(-40).every(({ status }) => status === 503));

    const page = await new Browser().request(`${gate.url}/page`);
    expect([page.status, page.body]).toEqual([403, expect.stringContaining("/oauth2/start")]);
    expect((await new Browser().request(`${gate.url}/ping`)).status).toBe(200);
    expect((await new Browser().request(`${gate.url}/ready`)).status).toBe(500);
    const signOut = await browsers[0]?.request(`${gate.url}/oauth2/sign_out`);
    expect([signOut?.status, signOut?.headers.getSetCookie()]).toEqual([503, []]);

    await redis.restart();
    const back = load.seen.length;
    await until("everybody to be in again", () => load.seen.slice(back).some(({ status }) => status === 202), 5);
    await until("no trouble any more", () => load.seen.slice(-40).every(({ status }) => status < 300), 5);
    await load.stop();

    expect(new Set(load.seen.map(({ status }) => status))).toEqual(new Set([200, 202, 503]));
    for (const { status, retryAfter, setCookies } of load.seen) {
      expect(setCookies).toEqual([]);
      if (status === 503) expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    for (const browser of [...browsers, await signedIn()]) {
      expect((await browser.request(`${gate.url}/oauth2/auth`)).status).toBe(202);
    }
    const output = gate.process.output();
    expect(output.split("\n").filter((line) => line.includes("Redis cannot be reached")).length).toBe(1);
    expect(output).toContain("Redis answers again");
  });

  test("a login that comes back meanwhile is told to try again, and can", async () => {
    const browser = new Browser();
    const start = await browser.request(`${gate.url}/oauth2/start?rd=/page`);
    const back = await provider.authorize(new URL(start.location ?? ""));
    await redis.kill();
    const failed = await browser.request(`${gate.url}/oauth2/callback?${back.toString()}`);
    expect([failed.status, failed.headers.has("retry-after")]).toEqual([503, true]);
    await redis.restart();
    await until(
      "a login to work",
      async () => (await browser.open(`${gate.url}/oauth2/start?rd=/page`)).status === 200,
      5,
    );
    expect((await browser.request(`${gate.url}/oauth2/auth`)).status).toBe(202);
  });
});
