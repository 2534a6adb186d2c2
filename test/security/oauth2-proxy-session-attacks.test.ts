import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";

import type { Browser } from "../support/browser.ts";
import { COOKIE_SECRET } from "../support/drop-in.ts";
import { ask, cookiesOf, type Door, isSignedIn, startDoor } from "../support/oauth2-proxy-door.ts";
import { HAS_REDIS, type RedisProcess, startRedis } from "../support/redis.ts";

let redis: RedisProcess | undefined;
const doors = new Map<string, Door>();

const KINDS: readonly (readonly [string, () => readonly string[]])[] = [
  ["in a cookie", () => []],
  ...(HAS_REDIS
    ? [
        [
          "in Redis",
          () => ["--session-store-type=redis", `--redis-connection-url=redis://127.0.0.1:${redis?.port}`],
        ] as const,
      ]
    : []),
];

beforeAll(async () => {
  if (HAS_REDIS) redis = await startRedis();
  await Promise.all(
    KINDS.map(async ([kind, flags]) =>
      // No end: the signature's time is then bounded by nothing but its shape.
      doors.set(kind, await startDoor(["--cookie-expire=0", "--cookie-secure=false", ...flags()])),
    ),
  );
});
afterAll(async () => {
  await Promise.all([...doors.values()].map((door) => door.stop()));
  await redis?.stop();
});

function sessionOf(browser: Browser): string {
  return browser.cookies.find(({ name }) => name === "_oauth2_proxy")?.value ?? "";
}

function sign(text: string): string {
  return createHmac("sha256", COOKIE_SECRET).update(text).digest("base64url").padEnd(44, "=");
}

describe.each(KINDS)("%s", (kind) => {
  const door = (): Door => {
    const found = doors.get(kind);
    if (found === undefined) throw new Error(`no door for sessions ${kind}`);
    return found;
  };
  const opens = (value: string): Promise<boolean> => isSignedIn(door(), `_oauth2_proxy=${value}`);

  test("weak spot 12: what was signed cannot be cut in another place", async () => {
    const value = sessionOf(await door().signIn());
    const [payload = "", time = "", signature = ""] = value.split("|");
    const signed = `_oauth2_proxy${payload}${time}`;
    expect(signature).toBe(sign(signed));
    expect(await opens(value)).toBe(true);
    const text = payload + time;
    const cuts = [0, 1, 2, 3, 4, 8, ...Array.from({ length: time.length + 12 }, (_, back) => text.length - back)];
    for (const cut of cuts) {
      if (cut === payload.length) continue;
      expect([cut, await opens(`${text.slice(0, cut)}|${text.slice(cut)}|${signature}`)]).toEqual([cut, false]);
    }
  });

  test("weak spot 12: a signature over another time, name or spelling of the same value is none", async () => {
    const [payload = "", time = "", signature = ""] = sessionOf(await door().signIn()).split("|");
    const bare = payload.replace(/=+$/, "");
    const forged = [
      `${payload}|${Number(time) + 1}|${signature}`,
      `${payload}|+${time}|${sign(`_oauth2_proxy${payload}+${time}`)}`,
      `${payload}| ${time}|${sign(`_oauth2_proxy${payload} ${time}`)}`,
      `${payload}|${time}.0|${sign(`_oauth2_proxy${payload}${time}.0`)}`,
      `${payload}|0x7fffffff|${sign(`_oauth2_proxy${payload}0x7fffffff`)}`,
      `${payload}|-1|${sign(`_oauth2_proxy${payload}-1`)}`,
      `${payload}||${sign(`_oauth2_proxy${payload}`)}`,
      `${payload}|${time}|${signature}|`,
      `${payload}|${time}|${signature}|x`,
      `${payload}|${time}|`,
      `${payload}|${time}`,
      `${payload}|${time}|${sign(`_oauth2_prox${payload}${time}`)}`,
      `${payload}|${time}|${sign(`_oauth2_proxy_csrf${payload}${time}`)}`,
      `${payload}|${time}|${signature.slice(0, -2)}`,
      `${bare}.|${time}|${sign(`_oauth2_proxy${bare}.${time}`)}`,
      `${bare} |${time}|${sign(`_oauth2_proxy${bare} ${time}`)}`,
      `|${time}|${sign(`_oauth2_proxy${time}`)}`,
      "||",
      "|",
      "",
    ];
    for (const value of forged) expect([value, await opens(value)]).toEqual([value, false]);
  });

  test("no byte of a session can be changed", async () => {
    const value = sessionOf(await door().signIn());
    const end = value.indexOf("|");
    for (let at = 0; at < value.length; at += 7) {
      const other = value[at] === "A" ? "B" : "A";
      const changed = value.slice(0, at) + other + value.slice(at + 1);
      expect([at, await opens(changed)]).toEqual([at, false]);
    }
    for (const size of [0, 1, 2, 4, 16, 17, 23, 24, end - 4]) {
      const payload = value.slice(0, size);
      const text = `${payload}|1700000000|${sign(`_oauth2_proxy${payload}1700000000`)}`;
      expect([size, await opens(text)]).toEqual([size, false]);
    }
    expect(door().output()).not.toContain("request failed");
  });

  test("weak spot 8: a session that the attacker planted is not the victim's after the login", async () => {
    const attacker = await door().signIn();
    const planted = cookiesOf(attacker, door());
    const victim = await door().signIn();
    victim.cookies = [...attacker.cookies];
    door().provider.settings.user = "bob";
    await victim.open(`${door().url}/oauth2/start?rd=%2F`);
    door().provider.settings.user = "alice";
    const userOf = async (cookie: string): Promise<string> =>
      (await ask(`${door().url}/oauth2/auth`, { cookie })).headers.get("gap-auth") ?? "nobody";
    expect(await userOf(cookiesOf(victim, door()))).toBe("bob@example.com");
    expect(sessionOf(victim)).not.toBe(planted.split("=")[1]);
    // What the attacker kept is theirs still, or nobody's, and never the victim's.
    expect(await userOf(planted)).not.toBe("bob@example.com");
  });

  test("weak spot 9: no page of another site ends a session silently, by whatever page of ours", async () => {
    const browser = await door().signIn();
    const cookie = cookiesOf(browser, door());
    const foreign = { cookie, "sec-fetch-site": "cross-site", origin: "https://evil.test" };
    for (const path of [
      "/oauth2/sign_out",
      "/oauth2/sign_out?rd=%2F",
      "/oauth2/sign_in",
      "/oauth2/sign_in?rd=%2F",
      "/oauth2/callback?error=x",
    ]) {
      for (const method of ["GET", "POST", "HEAD"]) {
        const { headers } = await fetch(`${door().url}${path}`, { method, headers: foreign, redirect: "manual" });
        expect([path, method, headers.getSetCookie().filter((line) => line.startsWith("_oauth2_proxy="))]).toEqual([
          path,
          method,
          [],
        ]);
      }
    }
    expect(await isSignedIn(door(), cookie)).toBe(true);
    const page = await (await ask(`${door().url}/oauth2/sign_out`, foreign)).text();
    expect(page).toContain('action="/oauth2/sign_out"');
  });

  test("weak spot 9: the person's own sign-out does, and the application's", async () => {
    for (const site of ["same-origin", "same-site", "none"]) {
      const browser = await door().signIn();
      await browser.request(`${door().url}/oauth2/sign_out`, { headers: { "sec-fetch-site": site } });
      expect(sessionOf(browser)).toBe("");
    }
  });

  test("CVE-2026-34454: whoever sees the sign-in page has no session any more", async () => {
    const browser = await door().signIn();
    const before = cookiesOf(browser, door());
    const { status, body } = await browser.request(`${door().url}/oauth2/sign_in`);
    expect([status, body.includes("/oauth2/start")]).toEqual([200, true]);
    expect(sessionOf(browser)).toBe("");
    if (kind === "in Redis") expect(await isSignedIn(door(), before)).toBe(false);
    const stale = await ask(`${door().url}/`, { cookie: "_oauth2_proxy=x; _oauth2_proxy_0=a; _oauth2_proxy_1=b" });
    const cleared = stale.headers
      .getSetCookie()
      .filter((line) => /Max-Age=0/i.test(line))
      .map((line) => line.split("=")[0]);
    expect(new Set(cleared)).toEqual(new Set(["_oauth2_proxy", "_oauth2_proxy_0", "_oauth2_proxy_1"]));
  });

  test("weak spot 16: a sign-out without a session, with whatever cookie, is answered", async () => {
    for (const cookie of [
      "",
      "_oauth2_proxy=x",
      "_oauth2_proxy=||",
      `_oauth2_proxy=YQ==|1|${sign("_oauth2_proxyYQ==1")}`,
    ]) {
      const { status } = await ask(`${door().url}/oauth2/sign_out?rd=${encodeURIComponent("/?t={id_token}")}`, {
        cookie,
      });
      expect([cookie, status]).toEqual([cookie, 302]);
    }
  });
});

test("weak spot 16: a sign-out that needs no sign-in is answered too", async () => {
  const door = await startDoor(["--skip-auth-route=^/", "--trusted-ip=127.0.0.1", "--skip-auth-preflight"]);
  const rd = encodeURIComponent("/?t={id_token}");
  for (const method of ["GET", "OPTIONS", "POST"]) {
    const { status } = await fetch(`${door.url}/oauth2/sign_out?rd=${rd}`, { method, redirect: "manual" });
    expect([method, status]).toEqual([method, 302]);
  }
  await door.stop();
});

test("weak spot 9: a session that was ended in Redis is nobody's, not even a copy of its cookie", async () => {
  const door = doors.get("in Redis");
  if (door === undefined) return;
  const browser = await door.signIn();
  const copy = cookiesOf(browser, door);
  expect(await isSignedIn(door, copy)).toBe(true);
  await browser.request(`${door.url}/oauth2/sign_out`);
  expect(await isSignedIn(door, copy)).toBe(false);
  expect(await isSignedIn(door, `${copy}; another=1`)).toBe(false);
});

test("weak spot 8: what lies in Redis under a ticket opens with no other ticket, and damage is nobody's session", async () => {
  const door = doors.get("in Redis");
  if (door === undefined || redis === undefined) return;
  const [first, second] = [await door.signIn(), await door.signIn()];
  const idOf = (browser: Browser): string => {
    const ticket = Buffer.from(sessionOf(browser).split("|")[0] ?? "", "base64url").toString();
    return Buffer.from(ticket.split(".")[1] ?? "", "base64url").toString();
  };
  await redis.cli("COPY", idOf(first), idOf(second), "REPLACE");
  expect(await isSignedIn(door, `${cookiesOf(second, door)}; x=1`)).toBe(false);
  for (const value of ["", "x", "0123456789ab", "0123456789abcdef0123456789ab", "y".repeat(4000)]) {
    const browser = await door.signIn();
    await redis.cli("SET", idOf(browser), value);
    // Another header, lest the answer be remembered from before the damage.
    expect([value.length, await isSignedIn(door, `${cookiesOf(browser, door)}; x=1`)]).toEqual([value.length, false]);
  }
  const other = sign(`_oauth2_proxy${Buffer.from("v2.Zm9v.AAAAAAAAAAAAAAAAAAAAAA").toString("base64url")}1700000000`);
  const foreign = `${Buffer.from("v2.Zm9v.AAAAAAAAAAAAAAAAAAAAAA").toString("base64url")}|1700000000|${other}`;
  await redis.cli("SET", "foo", "a value of another application");
  await ask(`${door.url}/oauth2/sign_out`, { cookie: `_oauth2_proxy=${foreign}` });
  expect((await redis.cli("EXISTS", "foo")).trim()).toBe("1");
});
