import { beforeEach, describe, expect, test } from "bun:test";

import { createKeyRing } from "../crypto/seal.ts";
import type { Login } from "../protocol/identity.ts";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import type { Store } from "../store/ports.ts";
import { StoreError } from "../store/store-error.ts";
import type { Log } from "../telemetry/log.ts";
import { type RecordSessions, createRecordSessions } from "./record-sessions.ts";
import { createSessionCookie } from "./session-cookie.ts";
import type { RefreshOutcome } from "./session-refresh.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };
const cookie = createSessionCookie({
  name: "gatehouse_session",
  prefix: true,
  domains: [],
  path: "/",
  secure: true,
  httpOnly: true,
  sameSite: "Lax",
});
const DAY = 24 * 3600;
const alice = (expiresAt?: number, groups: readonly string[] = ["staff"]): Login => ({
  identity: {
    userId: "alice",
    username: "Alice",
    preferredUsername: "alice",
    email: "alice@example.com",
    emailVerified: true,
    groups,
  },
  tokens: { accessToken: "at", refreshToken: "rt", ...(expiresAt === undefined ? {} : { expiresAt }) },
});

let now: number;
let store: Store;
let refreshes: number;
let outcome: () => Promise<RefreshOutcome>;

function keeperOn(sharedStore: Store): RecordSessions {
  return createRecordSessions(
    {
      store: sharedStore,
      keyRing: createKeyRing([new Uint8Array(32).fill(7)]),
      cookie,
      clock: () => now,
      log: silent,
      refreshIdentity: () => {
        refreshes += 1;
        return outcome();
      },
    },
    { kind: "record", idleSeconds: 8 * 3600, lifetimeSeconds: 7 * DAY, cacheSeconds: 10 },
  );
}

const request = (cookies = ""): Request =>
  new Request("https://auth.example.com/", cookies === "" ? {} : { headers: { cookie: cookies } });
const cookieOf = (setCookies: readonly string[]): string => setCookies[0]?.split(";")[0] ?? "";

async function signIn(keeper: RecordSessions, login: Login, before = ""): Promise<string> {
  return cookieOf(await keeper.begin(request(before), "corp", login));
}

beforeEach(() => {
  now = 1_800_000_000;
  store = createMemoryStore();
  refreshes = 0;
  outcome = async () => ({ outcome: "unsupported" });
});

describe("sessions kept as records", () => {
  test("a session is opened by its cookie alone, with its tokens", async () => {
    const keeper = keeperOn(store);
    const cookies = await signIn(keeper, alice(now + 3600));
    expect(cookies).toMatch(/^__Host-gatehouse_session=[\w-]{22}\.[\w-]{43}$/);
    const { session } = await keeper.load(request(cookies));
    expect(session?.identity.email).toBe("alice@example.com");
    expect(session?.tokens.refreshToken).toBe("rt");
    const [record] = await keeper.list();
    expect(JSON.stringify(record)).not.toContain('"rt"');
  });

  test.each([
    ["tampered", (value: string) => `${value.slice(0, -1)}${value.endsWith("A") ? "B" : "A"}`],
    ["truncated", (value: string) => value.slice(0, -5)],
    ["foreign", () => "__Host-gatehouse_session=not-one-of-ours"],
    ["of another session", (value: string) => value.replace(/\.[\w-]+$/, `.${"x".repeat(43)}`)],
  ])("a %s cookie is no session, and is cleared", async (_name, change) => {
    const keeper = keeperOn(store);
    const cookies = await signIn(keeper, alice());
    const loaded = await keeper.load(request(change(cookies)));
    expect(loaded.session).toBeUndefined();
    expect(loaded.setCookies).toEqual(["__Host-gatehouse_session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"]);
  });

  test("nobody's request costs nothing and clears nothing", () => {
    expect(keeperOn(store).load(request("other=1"))).toEqual({ setCookies: [] });
  });

  test("the second look within ten seconds is answered without the store, and synchronously", async () => {
    const keeper = keeperOn(store);
    const cookies = await signIn(keeper, alice(now + 3600));
    const first = await keeper.load(request(cookies));
    now += 9;
    expect(keeper.load(request(cookies))).toBe(first);
    now += 2;
    expect(keeper.load(request(cookies))).toBeInstanceOf(Promise);
  });

  test("signing in again changes the id and ends the session before", async () => {
    const keeper = keeperOn(store);
    const before = await signIn(keeper, alice());
    const after = await signIn(keeper, alice(), before);
    expect(after).not.toBe(before);
    expect((await keeper.load(request(before))).session).toBeUndefined();
    expect(await keeper.list()).toHaveLength(1);
  });

  test("ending takes effect at once in this process, within the cache time in another", async () => {
    const [here, there] = [keeperOn(store), keeperOn(store)];
    const cookies = await signIn(here, alice());
    expect((await there.load(request(cookies))).session?.identity.userId).toBe("alice");
    const ended: string[] = [];
    const id = (await here.load(request(cookies))).session?.id ?? "";
    here.onEnd(id, () => ended.push(id));
    await here.end(request(cookies));
    expect(ended).toEqual([id]);
    expect((await here.load(request(cookies))).session).toBeUndefined();
    now += 11;
    expect((await there.load(request(cookies))).session).toBeUndefined();
  });

  test("idle and absolute ends; use moves only the idle one", async () => {
    const keeper = keeperOn(store);
    const cookies = await signIn(keeper, alice());
    const idle = cookies;
    now += 8 * 3600 - 1;
    expect((await keeper.load(request(cookies))).session).toBeDefined();
    now += 8 * 3600 - 1;
    expect((await keeper.load(request(idle))).session).toBeDefined();
    now += 8 * 3600 + 1;
    expect((await keeper.load(request(idle))).session).toBeUndefined();

    const used = await signIn(keeper, alice());
    const until = now + 7 * DAY;
    while (now + 7 * 3600 < until) {
      now += 7 * 3600;
      expect((await keeper.load(request(used))).session).toBeDefined();
    }
    now = until + 1;
    expect((await keeper.load(request(used))).session).toBeUndefined();
  });

  test("two different live cookies of one name: nobody can tell whose, so nobody is signed in", async () => {
    const keeper = keeperOn(store);
    const [own, planted] = [await signIn(keeper, alice()), await signIn(keeper, alice())];
    expect((await keeper.load(request(`${planted}; ${own}`))).session).toBeUndefined();
    expect((await keeper.load(request(`${own}; __Host-gatehouse_session=garbage`))).session).toBeDefined();
  });

  test("fifty requests at refresh time make one refresh upstream, over two processes, and see the new groups", async () => {
    const keepers = [keeperOn(store), keeperOn(store)];
    const cookies = await signIn(keepers[0]!, alice(now + 300));
    outcome = async () => {
      await Bun.sleep(5);
      return { outcome: "renewed", login: alice(now + 300, ["admins"]) };
    };
    now += 299;
    const loads = Array.from({ length: 50 }, (_, index) => keepers[index % 2]!.load(request(cookies)));
    const sessions = await Promise.all(loads);
    expect(sessions.every((loaded) => loaded.session !== undefined)).toBe(true);
    expect(refreshes).toBe(1);
    expect((await keepers[1]!.load(request(cookies))).session?.identity.groups).toEqual(["admins"]);
  });

  test("an upstream that took the login back ends the session", async () => {
    const keeper = keeperOn(store);
    const cookies = await signIn(keeper, alice(now + 300));
    outcome = async () => ({ outcome: "revoked" });
    now += 299;
    expect((await keeper.load(request(cookies))).session).toBeUndefined();
    expect(await keeper.list()).toEqual([]);
  });

  test("an upstream that cannot be asked keeps the session, and is asked again later, not at every request", async () => {
    const keeper = keeperOn(store);
    const cookies = await signIn(keeper, alice(now + 300));
    outcome = async () => ({ outcome: "unreachable" });
    now += 400;
    for (let request_ = 0; request_ < 5; request_ += 1) {
      expect((await keeper.load(request(cookies))).session).toBeDefined();
    }
    expect(refreshes).toBe(1);
    now += 20;
    await keeper.load(request(cookies));
    expect(refreshes).toBe(2);
  });

  test("a store that is down fails the request and logs nobody out", async () => {
    const broken: Store = {
      ...store,
      sessions: { ...store.sessions, find: () => Promise.reject(new StoreError("unreachable", "disk on fire")) },
    };
    const cookies = await signIn(keeperOn(store), alice());
    await expect(Promise.resolve(keeperOn(broken).load(request(cookies)))).rejects.toThrow(StoreError);
    expect((await keeperOn(store).load(request(cookies))).session).toBeDefined();
  });

  test("what the upstream handed out is not lost when the store fails at that moment: it is stored later, and not asked for again", async () => {
    let failures = 1;
    const failing: Store = {
      ...store,
      sessions: {
        ...store.sessions,
        replace: (current, next) =>
          refreshes > 0 && failures-- > 0
            ? Promise.reject(new StoreError("unreachable", "disk full"))
            : store.sessions.replace(current, next),
      },
    };
    const keeper = keeperOn(failing);
    const cookies = await signIn(keeper, alice(now + 100));
    now += 90;
    outcome = async () => ({
      outcome: "renewed",
      login: { ...alice(now + 3600), tokens: { accessToken: "at2", refreshToken: "rotated", expiresAt: now + 3600 } },
    });
    await expect(Promise.resolve(keeper.load(request(cookies)))).rejects.toThrow(StoreError);
    const { session } = await keeper.load(request(cookies));
    expect(session?.tokens.refreshToken).toBe("rotated");
    expect(refreshes).toBe(1);
  });
});
