import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Secret } from "../../src/protocol/secret.ts";
import { createCsrfLogins } from "../../src/login/csrf-logins.ts";
import { HAS_REDIS, type RedisProcess, redisAt, startRedis } from "../support/redis.ts";
import {
  COOKIE,
  NAME,
  SECRET,
  alice,
  cookieKeeper,
  createBench,
  jar,
  requestWith,
  ticketKeeper,
} from "../support/session-bench.ts";
import { readCsrfCookie, readSessionCookie, readTicketCookie, readTicketValue } from "../support/original-reader.ts";

interface Vector {
  readonly name: string;
  readonly kind: "session" | "csrf";
  readonly store: "cookie" | "redis";
  readonly cookie_secret: string;
  readonly cookie_name: string;
  readonly cookies: string;
  readonly issued_at: number;
  readonly redis_key?: string;
  readonly redis_value?: string;
  readonly state?: string;
  readonly expect: readonly {
    readonly path: string;
    readonly location?: string;
    readonly code_verifier?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly userinfo?: { user: string; email: string; groups?: string[] | null; preferredUsername?: string };
  }[];
}

const VECTORS = join(import.meta.dir, "..", "vectors", "oauth2-proxy-sessions.json");
// The file that the recorder wrote.
const vectors = JSON.parse(readFileSync(VECTORS, "utf8")) as readonly Vector[];
const TEN_YEARS = 315_360_000;

let redis: RedisProcess | undefined;
beforeAll(async () => {
  if (HAS_REDIS) redis = await startRedis();
});
afterAll(() => redis?.stop());

function benchAt(now: number): ReturnType<typeof createBench> {
  return Object.assign(createBench(), { now });
}

function expectSession(
  vector: Vector,
  session: Awaited<ReturnType<ReturnType<typeof cookieKeeper>["load"]>>["session"],
): void {
  const userinfo = vector.expect.find(({ path }) => path === "/oauth2/userinfo")?.userinfo;
  const headers = vector.expect.find(({ path }) => path === "/oauth2/auth")?.headers;
  expect(session?.identity.userId).toBe(userinfo?.user ?? "missing");
  expect(session?.identity.email).toBe(userinfo?.email ?? "missing");
  expect(session?.identity.groups ?? []).toEqual(userinfo?.groups ?? []);
  expect(session?.identity.preferredUsername ?? "").toBe(userinfo?.preferredUsername ?? "");
  const accessToken = headers?.["X-Auth-Request-Access-Token"];
  if (accessToken !== undefined) expect(session?.tokens.accessToken).toBe(accessToken);
}

describe("sessions that the original stored", () => {
  for (const vector of vectors.filter(({ kind, store }) => kind === "session" && store === "cookie")) {
    test(vector.name, async () => {
      const cookie = { ...COOKIE, name: vector.cookie_name };
      const keeper = cookieKeeper(benchAt(vector.issued_at + 60), {
        secret: vector.cookie_secret,
        expireSeconds: TEN_YEARS,
        cookie,
      });
      const { session, setCookies } = await keeper.load(requestWith(vector.cookies));
      expectSession(vector, session);
      expect(setCookies).toEqual([]);
    });
  }

  const tickets = vectors.filter(({ store }) => store === "redis");
  for (const vector of HAS_REDIS ? tickets : []) {
    test(`${vector.name}, whose key is deleted by signing out`, async () => {
      const key = Buffer.from(vector.redis_key ?? "", "base64").toString();
      await redis?.cli("EVAL", `return redis.call('SET',KEYS[1],'')`, "1", key);
      const keeper = ticketKeeper(benchAt(vector.issued_at + 60), redisAt(`redis://127.0.0.1:${redis?.port}`), {
        secret: vector.cookie_secret,
        expireSeconds: TEN_YEARS,
        cookie: { ...COOKIE, name: vector.cookie_name },
      });
      expect((await keeper.load(requestWith(vector.cookies))).session).toBeUndefined(); // an empty value
      await putBase64(key, vector.redis_value ?? "");
      const { session, setCookies } = await keeper.load(requestWith(vector.cookies));
      expectSession(vector, session);
      expect(setCookies).toEqual([]);
      await keeper.end(requestWith(vector.cookies));
      expect(await redis?.cli("EXISTS", key)).toBe("0");
      keeper.close?.();
    });
  }

  test("there are that many", () => expect(vectors).toHaveLength(35));
});

/** `redis-cli -x` takes the last argument from its input, as bytes. */
async function putBase64(key: string, value: string): Promise<void> {
  const child = Bun.spawn(["redis-cli", "-p", String(redis?.port), "-x", "SET", key], {
    stdin: Buffer.from(value, "base64"),
    stdout: "ignore",
  });
  expect(await child.exited).toBe(0);
}

describe("what we write is read by a second reader", () => {
  const bench = benchAt(1_800_000_000.7);
  const content = {
    ca: { type: -1, seconds: 1_800_000_000 },
    eo: { type: -1, seconds: 1_800_604_800 },
    at: "at1",
    it: "it1",
    rt: "rt1",
    n: "0102",
    e: "alice@example.com",
    u: "alice-sub",
    g: ["admins", "dev"],
    pu: "alice.w",
    ac: { level: "7", org: { name: "Acme", leads: [null, true] } },
  };
  const login = {
    ...alice(),
    identity: { ...alice().identity, additionalClaims: { level: 7, org: { name: "Acme", leads: [null, true] } } },
    nonceSecret: Uint8Array.of(1, 2),
  };

  test.each(["0123456789abcdef", SECRET])("a cookie, secret %p", async (secret) => {
    const cookies = jar(await cookieKeeper(bench, { secret }).begin(requestWith(""), "oidc", login));
    expect(readSessionCookie(NAME, secret, cookies.slice(NAME.length + 1))).toEqual({
      signedAt: 1_800_000_000,
      content,
    });
  });

  test("a minimal cookie", async () => {
    const cookies = jar(await cookieKeeper(bench, { minimal: true }).begin(requestWith(""), "oidc", login));
    const { at: _at, it: _it, rt: _rt, ...rest } = content;
    expect(readSessionCookie(NAME, SECRET, cookies.slice(NAME.length + 1)).content).toEqual(rest);
  });

  test.skipIf(!HAS_REDIS)("a ticket and its value, which lives as long as the cookie", async () => {
    const keeper = ticketKeeper(bench, redisAt(`redis://127.0.0.1:${redis?.port}`), { expireSeconds: 3600 });
    const cookies = jar(await keeper.begin(requestWith(""), "oidc", login));
    const { id, key } = readTicketCookie(NAME, SECRET, cookies.slice(NAME.length + 1));
    expect(id).toMatch(/^_oauth2_proxy-[0-9a-f]{32}$/);
    const child = Bun.spawn(["redis-cli", "-p", String(redis?.port), "GET", id], { stdout: "pipe" });
    const value = new Uint8Array(await new Response(child.stdout).arrayBuffer()).slice(0, -1); // a line end
    expect(readTicketValue(key, value)).toEqual({ ...content, eo: { type: -1, seconds: 1_800_003_600 } });
    expect(Number(await redis?.cli("TTL", id))).toBeWithin(3590, 3601);
    keeper.close?.();
  });
});

describe("logins in flight", () => {
  const csrf = { perRequest: false, perRequestLimit: 0, expireSeconds: 900 };
  const logins = (now: () => number, more: Partial<typeof csrf> = {}, encodeState = false) =>
    createCsrfLogins(
      { clock: now, cookie: COOKIE },
      { secret: new Secret(SECRET), csrf: { ...csrf, ...more }, encodeState },
    );
  const NOW = (): number => 1_800_000_000;

  for (const vector of vectors.filter(({ kind }) => kind === "csrf")) {
    test(`that the original began: ${vector.name}`, () => {
      const name = vector.cookie_name.replace(/_csrf$/, "").replace(/^(_oauth2_proxy)_.{8}$/, "$1");
      const subject = createCsrfLogins(
        { clock: () => vector.issued_at + 60, cookie: { ...COOKIE, name } },
        { secret: new Secret(vector.cookie_secret), csrf: { ...csrf, expireSeconds: TEN_YEARS }, encodeState: false },
      );
      const [expected] = vector.expect;
      const end = subject.finish(requestWith(vector.cookies), vector.state ?? "");
      expect(end.outcome).toBe("ok");
      expect(end.pending?.redirect).toBe(expected?.location ?? "missing");
      const verifier = end.pending?.codeVerifier ?? "";
      if (expected?.code_verifier === "") expect(verifier).toBe("");
      else expect(verifier).toBe(expected?.code_verifier ?? "missing");
      expect(end.setCookies).toEqual([`${vector.cookie_name}=; Path=/; Max-Age=0; HttpOnly; Secure`]);
      expect(subject.finish(requestWith(vector.cookies), vector.state ?? "").outcome).toBe("unknown"); // once only
    });
  }

  test("are read by a second reader", () => {
    const { setCookies, state, nonce, codeVerifier } = logins(NOW).begin(requestWith(""), {
      redirect: "/a:b",
      pkce: true,
    });
    expect(setCookies).toHaveLength(1);
    expect(setCookies[0]).toEndWith("; Path=/; Max-Age=900; HttpOnly; Secure");
    const { content, signedAt } = readCsrfCookie(`${NAME}_csrf`, SECRET, jar(setCookies).slice(NAME.length + 6));
    expect(signedAt).toBe(NOW());
    const { s = "", n = "", cv } = content as Readonly<Record<string, string>>; // only text is in it without earlier logins
    const hash = (hex: string): string =>
      new Bun.CryptoHasher("sha256").update(Buffer.from(hex, "hex")).digest("base64url");
    expect(state).toBe(`${hash(s)}:/a:b`);
    expect(nonce).toBe(hash(n));
    expect(cv).toBe(codeVerifier);
    expect(codeVerifier).toMatch(/^[\w-]{128}$/);
  });

  test("several tabs finish in any order", () => {
    const subject = logins(NOW);
    let cookies = "";
    const states = ["/1", "/2", "/3", "/4", "/5"].map((redirect) => {
      const { setCookies, state } = subject.begin(requestWith(cookies), { redirect, pkce: true });
      cookies = jar(setCookies, cookies);
      return state;
    });
    expect(cookies.length).toBeLessThan(3000);
    for (const state of [states[2], states[0], states[4], states[1], states[3]]) {
      const { outcome, pending } = subject.finish(requestWith(cookies), state ?? "");
      expect([outcome, pending?.redirect]).toEqual(["ok", state?.slice(44)]);
    }
  });

  test("one of them is forgotten when it took too long, though a newer one began", () => {
    let now = 1_800_000_000;
    const subject = logins(() => now);
    const first = subject.begin(requestWith(""), { redirect: "/1", pkce: false });
    now += 600;
    const second = subject.begin(requestWith(jar(first.setCookies)), { redirect: "/2", pkce: false });
    now += 600;
    expect(subject.finish(requestWith(jar(second.setCookies)), first.state).outcome).toBe("unknown");
    expect(subject.finish(requestWith(jar(second.setCookies)), second.state).outcome).toBe("ok");
  });

  test("of another browser, another secret, another name are unknown, and no cookie is deleted for them", () => {
    const subject = logins(NOW);
    const mine = subject.begin(requestWith(""), { redirect: "/", pkce: false });
    const theirs = subject.begin(requestWith(""), { redirect: "/", pkce: false });
    const cookies = jar(mine.setCookies);
    expect(subject.finish(requestWith(cookies), theirs.state)).toEqual({
      outcome: "unknown",
      redirect: "/",
      setCookies: [],
    });
    expect(subject.finish(requestWith(cookies.replace("_csrf=", "=")), mine.state).outcome).toBe("unknown");
    expect(subject.finish(requestWith(`_oauth2_proxy_csrf=bad|1|x; ${cookies}`), mine.state).outcome).toBe("ok");
  });

  test.each(["", "abc", "no colon at all"])("a state without a colon is malformed: %p", (state) => {
    expect(logins(NOW).finish(requestWith(""), state)).toEqual({ outcome: "malformed", setCookies: [] });
  });

  test("an encoded state", () => {
    const subject = logins(NOW, {}, true);
    const { state, setCookies } = subject.begin(requestWith(""), { redirect: "/a?b=c&d", pkce: false });
    expect(Buffer.from(state, "base64url").toString()).toMatch(/^[\w-]{43}:\/a\?b=c&d$/);
    for (const other of ["abc:/", "%%%", "____"]) {
      expect(subject.finish(requestWith(jar(setCookies)), other).outcome).toBe("malformed");
    }
    expect(subject.finish(requestWith(jar(setCookies)), state).pending?.redirect).toBe("/a?b=c&d");
  });

  test("a cookie for each, the oldest dropped beyond the limit", () => {
    let now = 1_800_000_000;
    const subject = logins(() => now, { perRequest: true, perRequestLimit: 2 });
    let cookies = "";
    const starts = ["/1", "/2", "/3", "/4"].map((redirect) => {
      now += 1;
      const start = subject.begin(requestWith(cookies), { redirect, pkce: false });
      cookies = jar(start.setCookies, cookies);
      expect(start.setCookies[0]).toStartWith(`_oauth2_proxy_${start.state.slice(0, 8)}_csrf=`);
      return start;
    });
    expect(cookies.split("; ")).toHaveLength(3);
    const outcomes = starts.map(({ state }) => subject.finish(requestWith(cookies), state).outcome);
    expect(outcomes).toEqual(["unknown", "ok", "ok", "ok"]);
  });

  test("have their own SameSite", () => {
    const subject = createCsrfLogins(
      {
        clock: NOW,
        cookie: { ...COOKIE, sameSite: "Strict", domains: ["example.com"] },
      },
      { secret: new Secret(SECRET), csrf: { ...csrf, sameSite: "Lax" }, encodeState: false },
    );
    const { setCookies } = subject.begin(requestWith(""), { redirect: "/", pkce: false });
    expect(setCookies[0]).toEndWith("; Path=/; Domain=example.com; Max-Age=900; HttpOnly; Secure; SameSite=Lax");
  });
});

describe("which cookie counts", () => {
  const bench = benchAt(1_800_000_000);
  const keeper = cookieKeeper(bench);
  const signIn = async (groups: number, email: string): Promise<string> => {
    bench.now += 1;
    const { identity, tokens } = alice();
    const names = Array.from({ length: groups }, (_, index) =>
      new Bun.CryptoHasher("sha256").update(`${index}`).digest("hex"),
    );
    return jar(
      await keeper.begin(requestWith(""), "oidc", { identity: { ...identity, email, groups: names }, tokens }),
    );
  };

  test("the newer of an old whole one and a set of parts, and the other way round", async () => {
    const whole = await signIn(1, "whole@example.com");
    const parts = await signIn(200, "parts@example.com");
    expect(parts).toContain("_oauth2_proxy_1=");
    expect((await keeper.load(requestWith(`${whole}; ${parts}`))).session?.identity.email).toBe("parts@example.com");
    const newer = await signIn(1, "newer@example.com");
    expect((await keeper.load(requestWith(`${parts}; ${newer}`))).session?.identity.email).toBe("newer@example.com");
  });

  test("of several with one name, the newest that opens", async () => {
    const [first, second] = [await signIn(1, "first@example.com"), await signIn(1, "second@example.com")];
    const load = async (cookies: string) => (await keeper.load(requestWith(cookies))).session?.identity.email;
    expect(await load(`${first}; ${second}`)).toBe("second@example.com");
    expect(await load(`${second}; ${first}`)).toBe("second@example.com");
    expect(await load(`${NAME}=bad; ${first}; ${NAME}=x|9999999999|y`)).toBe("first@example.com");
  });

  test("a new login leaves no part of the old one behind", async () => {
    const parts = await signIn(200, "parts@example.com");
    const after = jar(await keeper.begin(requestWith(parts), "oidc", alice()), parts);
    expect(after.split("; ").map((pair) => pair.split("=")[0])).toEqual([NAME]);
  });

  test("a cookie that is no session is deleted, a part that cannot be one is left alone", async () => {
    const cleared = async (cookies: string) => (await keeper.load(requestWith(cookies))).setCookies.length;
    expect(await cleared(`${NAME}=x`)).toBe(1);
    expect(await cleared(`${NAME}_0=x`)).toBe(1);
    expect(await cleared(`${NAME}_1=x`)).toBe(0);
    const whole = await signIn(1, "whole@example.com");
    expect(await cleared(whole.replace("=", "_0="))).toBe(1);
  });
});
