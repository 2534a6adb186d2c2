import { describe, expect, test } from "bun:test";
import type { Log, LogFields } from "../../telemetry/log.ts";
import { ConnectorError } from "../connector-error.ts";
import { Discovery } from "./discovery.ts";

const ISSUER = "https://id.corp.example/realm";
const DOCUMENT = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/keys`,
};

/** An upstream whose answer the test sets, and timers that the test lets run. */
function make(first: () => Promise<Response>) {
  const upstream = { answer: first, asked: [] as string[] };
  const timers: { task: () => void; delayMs: number; cancelled: boolean }[] = [];
  const lines: [string, LogFields | undefined][] = [];
  const write = (event: string, fields?: LogFields): void => void lines.push([event, fields]);
  const log: Log = { debug: write, info: write, warn: write, error: write, with: () => log };
  const discovery = new Discovery(
    {
      fetch: (url) => {
        upstream.asked.push(url);
        return upstream.answer();
      },
      log,
      random: () => 0.5,
      schedule: (task, delayMs) => {
        const timer = { task, delayMs, cancelled: false };
        timers.push(timer);
        return () => void (timer.cancelled = true);
      },
    },
    ISSUER,
  );
  /** Let the newest timer run, and say what it was waiting for. */
  const next = async (): Promise<number> => {
    const timer = timers.findLast((one) => !one.cancelled);
    if (timer === undefined) throw new Error("nothing is scheduled");
    timer.cancelled = true;
    timer.task();
    await settle();
    return timer.delayMs;
  };
  return { discovery, upstream, timers, lines, next };
}

/** Let everything run that waits for nothing but the event loop. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

const good = (): Promise<Response> => Promise.resolve(Response.json(DOCUMENT));
const down = (): Promise<Response> => Promise.reject(new Error("connection refused"));

describe("discovery", () => {
  test("asks at once, then every ten minutes", async () => {
    const { discovery, upstream, next } = make(good);
    expect(discovery.status().reachable).toBe(false);
    await settle();
    expect(discovery.status()).toEqual({ reachable: true });
    expect(upstream.asked).toEqual(["https://id.corp.example/realm/.well-known/openid-configuration"]);
    expect(Math.round(await next())).toBe(600_000);
    expect(upstream.asked).toHaveLength(2);
  });

  test("tries again after 1 s, 2 s … 60 s, says why, and recovers by itself", async () => {
    const { discovery, upstream, lines, next } = make(down);
    await settle();
    expect(discovery.status()).toEqual({
      reachable: false,
      reason: "the discovery document did not answer: connection refused",
    });
    const delays: number[] = [];
    for (let round = 0; round < 8; round++) delays.push(Math.round(await next()));
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(lines).toHaveLength(1);
    upstream.answer = good;
    await next();
    expect(discovery.status()).toEqual({ reachable: true });
    expect(lines.map(([event]) => event)).toEqual([
      "identity provider cannot be discovered",
      "identity provider discovered",
    ]);
  });

  test("keeps the last good document when a renewal fails, but says so", async () => {
    const { discovery, upstream, next } = make(good);
    await settle();
    upstream.answer = () => Promise.resolve(new Response("", { status: 500 }));
    await next();
    expect(discovery.status()).toEqual({ reachable: false, reason: "the discovery document answered 500" });
    expect((await discovery.get()).tokenEndpoint).toBe("https://id.corp.example/realm/token");
  });

  test("somebody who wants to sign in causes an attempt at once", async () => {
    const { discovery, upstream } = make(down);
    await settle();
    upstream.answer = good;
    expect((await discovery.get()).issuer).toBe(ISSUER);
  });

  test("somebody who wants to sign in does not wait longer than three seconds", async () => {
    const { discovery, next } = make(() => new Promise(() => {}));
    const waiting = discovery.get().catch((error: unknown) => error);
    expect(await next()).toBe(3000);
    expect(await waiting).toMatchObject({ reason: "unreachable", status: 503 });
    expect(await waiting).toBeInstanceOf(ConnectorError);
  });

  test("many who wait share one attempt", async () => {
    const { discovery, upstream } = make(down);
    await settle();
    upstream.answer = good;
    await Promise.all([discovery.get(), discovery.get(), discovery.get()]);
    expect(upstream.asked).toHaveLength(2);
  });

  test.each([
    ["a page", () => Promise.resolve(new Response("<html>")), "the discovery document is not a JSON object"],
    ["not found", () => Promise.resolve(new Response("", { status: 404 })), "openid-configuration answered 404"],
    ["another issuer", () => Promise.resolve(Response.json({ ...DOCUMENT, issuer: "x" })), 'names the issuer "x"'],
  ])("says what is wrong with %s", async (_name, answer, reason) => {
    const { discovery } = make(answer);
    await settle();
    expect(discovery.status().reason).toContain(reason);
  });

  test("stops when it is closed, also in the middle of an attempt", async () => {
    const { discovery, timers } = make(good);
    discovery.close();
    await settle();
    expect(timers.filter((timer) => !timer.cancelled)).toEqual([]);
  });
});
