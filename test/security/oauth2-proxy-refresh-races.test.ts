import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import { ask, cookiesOf, type Door, isSignedIn, startDoor } from "../support/oauth2-proxy-door.ts";
import { HAS_REDIS, type RedisProcess, startRedis } from "../support/redis.ts";

/**
 * Weak spot 10: a provider that takes back a refresh token that is used twice, and many requests that all find a renewal due. The
 * period is a second, so each story waits for two.
 */
const REFRESH = ["--cookie-refresh=1s", "--cookie-expire=1h"];
const DUE_MILLISECONDS = 2100;

let provider: FakeProvider;
let redis: RedisProcess | undefined;
let inCookie: Door;
let inRedis: readonly Door[] = [];

beforeAll(async () => {
  provider = await startFakeProvider();
  inCookie = await startDoor(REFRESH, { sharedProvider: provider });
  if (!HAS_REDIS) return;
  redis = await startRedis();
  const flags = [...REFRESH, "--session-store-type=redis", `--redis-connection-url=redis://127.0.0.1:${redis.port}`];
  inRedis = await Promise.all([0, 1].map(() => startDoor(flags, { sharedProvider: provider })));
});
afterAll(async () => {
  await Promise.all([inCookie, ...inRedis].map((door) => door.stop()));
  await Promise.all([redis?.stop(), provider.stop()]);
});
beforeEach(() => {
  Object.assign(provider.settings, { delayMs: 0, failing: {}, idTokenClaims: {}, user: "alice" });
});

const refreshes = (): number => provider.tokenForms.filter((form) => form["grant_type"] === "refresh_token").length;

/** The doors that share a session: one process, or two in front of one Redis. */
const KINDS: readonly (readonly [string, () => readonly Door[]])[] = [
  ["in a cookie", () => [inCookie]],
  ...(HAS_REDIS ? [["in Redis, two processes", () => inRedis] as const] : []),
];

function first(doors: readonly Door[]): Door {
  const [door] = doors;
  if (door === undefined) throw new Error("no door");
  return door;
}

async function dueCookie(door: Door): Promise<string> {
  const cookie = cookiesOf(await door.signIn(), door);
  await Bun.sleep(DUE_MILLISECONDS);
  return cookie;
}

/** Forty requests at once, on all doors; each with a header of its own, lest one answer be remembered for all. */
function rush(doors: readonly Door[], cookie: string): Promise<readonly number[]> {
  const requests = Array.from({ length: 40 }, (_, count) => {
    const door = doors[count % doors.length] ?? first(doors);
    return ask(`${door.url}/oauth2/auth`, { cookie: `${cookie}; n=${count}` }).then(({ status }) => status);
  });
  return Promise.all(requests);
}

describe.each(KINDS)("%s", (_kind, doors) => {
  test("many requests at once renew once, and nobody is logged out", async () => {
    const cookie = await dueCookie(first(doors()));
    const before = refreshes();
    expect(new Set(await rush(doors(), cookie))).toEqual(new Set([202]));
    expect(refreshes() - before).toBe(1);
    // A tab that has not heard of the new cookie yet.
    expect(new Set(await rush(doors(), cookie))).toEqual(new Set([202]));
    expect(refreshes() - before).toBe(1);
  });

  test("a token call slower than the original's lock lasts is still the only one", async () => {
    const cookie = await dueCookie(first(doors()));
    const before = refreshes();
    provider.settings.delayMs = 2600;
    expect(new Set(await rush(doors(), cookie))).toEqual(new Set([202]));
    expect(refreshes() - before).toBe(1);
  }, 30_000);

  test("a provider in trouble logs nobody out, and is not asked again and again", async () => {
    const cookie = await dueCookie(first(doors()));
    provider.settings.failing = { token: 503 };
    expect(new Set(await rush(doors(), cookie))).toEqual(new Set([202]));
    const asked = refreshes();
    expect(new Set(await rush(doors(), cookie))).toEqual(new Set([202]));
    expect(refreshes() - asked).toBeLessThanOrEqual(doors().length);
  });

  test("what the provider has taken back ends the session", async () => {
    const cookie = await dueCookie(first(doors()));
    provider.revokeRefreshTokens();
    expect(new Set(await rush(doors(), cookie))).toEqual(new Set([401]));
    for (const door of doors()) expect(await isSignedIn(door, cookie)).toBe(false);
  });

  test("a renewal that speaks of somebody else ends the session", async () => {
    const cookie = await dueCookie(first(doors()));
    provider.settings.idTokenClaims = { sub: "id-of-bob", email: "bob@example.com" };
    const answers = await rush(doors(), cookie);
    expect(answers).not.toContain(202);
  });
});
