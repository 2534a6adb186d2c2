import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import type { SessionKeeper } from "../../src/session/session.ts";
import { HAS_REDIS, type RedisProcess, redisAt, startRedis } from "../support/redis.ts";
import {
  type Bench,
  alice,
  cookieKeeper,
  createBench,
  jar,
  requestWith,
  ticketKeeper,
} from "../support/session-bench.ts";

let redis: RedisProcess | undefined;
let bench: Bench;
let asked: string[];

beforeAll(async () => {
  if (HAS_REDIS) redis = await startRedis();
});
afterAll(() => redis?.stop());
beforeEach(() => {
  bench = createBench();
  asked = [];
});

const LIMITS = { refreshSeconds: 2 };
const KINDS: readonly (readonly [string, () => SessionKeeper])[] = [
  ["in a cookie", () => cookieKeeper(bench, LIMITS)],
  ...(HAS_REDIS
    ? [["in Redis", () => ticketKeeper(bench, redisAt(`redis://127.0.0.1:${redis?.port}`), LIMITS)] as const]
    : []),
];

/** Alice signs in, and time passes until a renewal is due. */
async function dueSession(keeper: SessionKeeper, tokens?: Parameters<typeof alice>[0]): Promise<string> {
  const cookies = jar(await keeper.begin(requestWith(""), "oidc", alice(tokens)));
  bench.now += 3;
  return cookies;
}

function renewing(): void {
  let count = 1;
  bench.refresh = async ({ tokens }) => {
    asked.push(`refresh ${tokens.refreshToken}`);
    count += 1;
    return { outcome: "renewed", login: alice({ accessToken: `at${count}`, refreshToken: `rt${count}` }) };
  };
  bench.validate = async ({ tokens }, renewed) => {
    asked.push(`validate ${tokens.accessToken} ${renewed}`);
    return "valid";
  };
}

describe.each(KINDS)("%s", (_kind, create) => {
  test("older than the period, whatever its tokens say, and not before", async () => {
    const keeper = create();
    renewing();
    const cookies = jar(
      await keeper.begin(requestWith(""), "oidc", alice({ accessToken: "at1", expiresAt: bench.now + 1 })),
    );
    bench.now += 2.9;
    expect((await keeper.load(requestWith(cookies))).session?.tokens.accessToken).toBe("at1");
    bench.now += 0.1;
    const { session, setCookies } = await keeper.load(requestWith(cookies));
    expect(session?.tokens.accessToken).toBe("at2");
    expect(setCookies).toHaveLength(1);
    expect(asked).toEqual(["refresh undefined", "validate at2 true"]);
    const after = await keeper.load(requestWith(jar(setCookies, cookies)));
    expect(after.session?.tokens.refreshToken).toBe("rt2");
    expect(after.setCookies).toEqual([]);
  });

  test("once, for all who come with the cookie at the same time and shortly after", async () => {
    const keeper = create();
    renewing();
    const cookies = await dueSession(keeper);
    const loads = await Promise.all(Array.from({ length: 20 }, () => keeper.load(requestWith(cookies))));
    expect(loads.map(({ session }) => session?.tokens.accessToken)).toEqual(Array.from({ length: 20 }, () => "at2"));
    expect((await keeper.load(requestWith(cookies))).session?.tokens.accessToken).toBe("at2");
    expect(asked.filter((call) => call.startsWith("refresh"))).toEqual(["refresh rt1"]);
  });

  test("the renewal before last is not forgotten: the old cookie does not use an old refresh token again", async () => {
    const keeper = create();
    renewing();
    const cookies = await dueSession(keeper);
    await keeper.load(requestWith(cookies));
    bench.now += 3;
    expect((await keeper.load(requestWith(cookies))).session?.tokens.accessToken).toBe("at3");
    expect(asked.filter((call) => call.startsWith("refresh"))).toEqual(["refresh rt1", "refresh rt2"]);
  });

  test("revoked upstream: the session ends, and whoever hangs on it is told", async () => {
    const keeper = create();
    const cookies = await dueSession(keeper);
    bench.now -= 3;
    const id = (await keeper.load(requestWith(cookies))).session?.id ?? "";
    bench.now += 3;
    let told = 0;
    keeper.onEnd(id, () => (told += 1));
    bench.refresh = async () => ({ outcome: "revoked" });
    const { session, setCookies } = await keeper.load(requestWith(cookies));
    expect(session).toBeUndefined();
    expect(setCookies).toEqual(["_oauth2_proxy=; Path=/; Max-Age=0; HttpOnly; Secure"]);
    expect(told).toBe(1);
    bench.refresh = async () => ({ outcome: "unsupported" });
    expect((await keeper.load(requestWith(cookies))).session).toBeUndefined();
  });

  test("an upstream that cannot be asked keeps the session, is asked again at once, and rests after three failures", async () => {
    const keeper = create();
    const cookies = await dueSession(keeper);
    bench.refresh = async () => {
      asked.push("refresh");
      return { outcome: "unreachable" };
    };
    for (let request = 0; request < 10; request += 1) {
      const { session, setCookies } = await keeper.load(requestWith(cookies));
      expect(session?.tokens.accessToken).toBe("at1");
      expect(setCookies).toEqual([]);
    }
    expect(asked).toHaveLength(3);
    bench.now += 1;
    renewing();
    expect((await keeper.load(requestWith(cookies))).session?.tokens.accessToken).toBe("at2");
  });

  test("an upstream that cannot be asked does not keep it beyond the end of its tokens", async () => {
    const keeper = create();
    const cookies = await dueSession(keeper, { accessToken: "at1", expiresAt: bench.now + 4 });
    bench.refresh = async () => ({ outcome: "unreachable" });
    for (let request = 0; request < 5; request += 1) {
      expect((await keeper.load(requestWith(cookies))).session).toBeDefined();
    }
    bench.now += 2;
    const { session, setCookies } = await keeper.load(requestWith(cookies));
    expect(session).toBeUndefined();
    expect(jar(setCookies, cookies)).toBe("");
  });

  test("nothing to renew with: asked whether it is good, and nothing is saved", async () => {
    const keeper = create();
    const cookies = await dueSession(keeper, { accessToken: "at1" });
    bench.refresh = async () => ({ outcome: "not-renewable" });
    expect(await keeper.load(requestWith(cookies))).toMatchObject({
      session: { createdAt: bench.now - 3 },
      setCookies: [],
    });
    bench.validate = async () => "invalid";
    bench.now += 2;
    const { session, setCookies } = await keeper.load(requestWith(cookies));
    expect(session).toBeUndefined();
    expect(jar(setCookies, cookies)).toBe("");
  });

  test("a connector that renews nothing has the session's time moved, once it is found good", async () => {
    const keeper = create();
    const cookies = await dueSession(keeper);
    const { session, setCookies } = await keeper.load(requestWith(cookies));
    expect(session?.createdAt).toBe(bench.now);
    expect(session?.tokens.refreshToken).toBe("rt1");
    expect(setCookies).toHaveLength(1);
  });

  test("renewed, but not good any more: nothing of it reaches the browser", async () => {
    const keeper = create();
    renewing();
    bench.validate = async () => "invalid";
    const cookies = await dueSession(keeper);
    const { session, setCookies } = await keeper.load(requestWith(cookies));
    expect(session).toBeUndefined();
    expect(setCookies).toEqual(["_oauth2_proxy=; Path=/; Max-Age=0; HttpOnly; Secure"]);
  });

  test("validation that cannot be asked logs nobody out", async () => {
    const keeper = create();
    bench.validate = async () => "unknown";
    const cookies = await dueSession(keeper);
    expect((await keeper.load(requestWith(cookies))).session).toBeDefined();
  });

  test("what only the login knew stays: nonce and additional claims", async () => {
    const keeper = create();
    const login = alice();
    const whole = {
      ...login,
      nonceSecret: Uint8Array.of(1, 2),
      identity: { ...login.identity, additionalClaims: { n: 7, o: { x: [true, null] } } },
    };
    const cookies = jar(await keeper.begin(requestWith(""), "oidc", whole));
    renewing();
    bench.now += 3;
    const { session } = await keeper.load(requestWith(cookies));
    expect(session?.tokens.accessToken).toBe("at2");
    expect(session?.nonceSecret).toEqual(Uint8Array.of(1, 2));
    expect(session?.identity.additionalClaims).toEqual({ n: "7", o: { x: [true, null] } });
  });
});

test("signing out asks nobody to renew", async () => {
  const keeper = cookieKeeper(bench, LIMITS);
  renewing();
  const cookies = await dueSession(keeper);
  expect(jar(await keeper.end(requestWith(cookies)), cookies)).toBe("");
  expect(asked).toEqual([]);
});
