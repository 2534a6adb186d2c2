import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";

import { type Answer, Browser } from "../support/browser.ts";
import { type DropIn, dropInFlags, startDropIn } from "../support/drop-in.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import { HAS_REDIS, type RedisProcess, startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

/**
 * A browser that signed in at the original goes on at ours, and back. Without an executable of the original only its stored
 * sessions are tried (`test/recordings/oauth2-proxy-sessions.test.ts`).
 */

/** The one that the bench looks at too. */
const VARIABLE = "OAUTH2_PROXY";
const original = process.env[VARIABLE] ?? "";
const hasOriginal = original !== "";
if (hasOriginal && !existsSync(original)) throw new Error(`${VARIABLE}: there is no file ${original}`);
if (!hasOriginal) {
  process.stdout.write(`SKIPPED: the swap with a living oauth2-proxy (${VARIABLE} does not name its executable)\n`);
}

const CALLBACK = "http://app.example.com/oauth2/callback";
const JSON_CALL = { accept: "application/json", "sec-fetch-mode": "cors" };

let provider: FakeProvider;
let redis: RedisProcess | undefined;
beforeAll(async () => {
  if (!hasOriginal) return;
  provider = await startFakeProvider();
  provider.users["many"] = {
    ...provider.users["alice"],
    sub: "id-of-many",
    email: "many@example.com",
    groups: Array.from({ length: 300 }, () => randomBytes(15).toString("base64url")),
  };
  provider.users["jürgen"] = {
    sub: "id-of-jürgen",
    email: "jürgen@example.com",
    preferred_username: "Jürgen 🎉",
    groups: ["köche", "a,b"],
  };
  if (HAS_REDIS) redis = await startRedis();
});
afterAll(() => Promise.all([provider?.stop(), redis?.stop()]));

const running: DropIn[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

type Program = "original" | "ours";
interface Both {
  readonly original: DropIn;
  readonly ours: DropIn;
}

async function startBoth(flags: readonly string[]): Promise<Both> {
  const all = [
    ...dropInFlags(provider),
    `--redirect-url=${CALLBACK}`,
    "--upstream=static://200",
    "--set-xauthrequest",
    ...flags,
  ];
  const both = { original: await startDropIn(all, { executable: original }), ours: await startDropIn(all) };
  running.push(both.original, both.ours);
  return both;
}

/** Begin at one program, and come back from the provider to another: what happens to a login in flight when they are swapped. */
async function signIn(browser: Browser, begin: DropIn, end: DropIn, user = "alice"): Promise<Answer> {
  provider.settings.user = user;
  const start = await browser.request(`${begin.url}/oauth2/start?rd=%2Fpage%3Fa%3D1`);
  const back = await provider.authorize(new URL(start.location ?? ""));
  return browser.request(`${end.url}/oauth2/callback?${back.toString()}`);
}

const who = (browser: Browser, { url }: DropIn): Promise<Answer> =>
  browser.request(`${url}/oauth2/auth`, { headers: JSON_CALL });

const IDENTITY = [
  "x-auth-request-user",
  "x-auth-request-email",
  "x-auth-request-groups",
  "x-auth-request-preferred-username",
  "x-auth-request-access-token",
  "authorization",
  "gap-auth",
];
const identityIn = ({ headers }: Answer): readonly (string | null)[] => IDENTITY.map((name) => headers.get(name));

const REDIS = "Redis";
const TOKENS = ["--pass-access-token", "--set-authorization-header"];
const STORES: readonly (readonly [store: string, flags: () => readonly string[]])[] = [
  ["cookies", () => TOKENS],
  ["small cookies", () => ["--session-cookie-minimal"]],
  [
    REDIS,
    () => [...TOKENS, "--session-store-type=redis", `--redis-connection-url=redis://127.0.0.1:${redis?.port ?? 0}`],
  ],
];
const DIRECTIONS: readonly (readonly [from: Program, to: Program])[] = [
  ["original", "ours"],
  ["ours", "original"],
];
const CASES = STORES.filter(([store]) => store !== REDIS || HAS_REDIS).flatMap(([store, flags]) =>
  DIRECTIONS.map(([from, to]) => ({ store, flags, from, to })),
);

describe.skipIf(!hasOriginal)("a swap", () => {
  test.each(CASES)("from $from to $to, sessions in $store: everybody stays who they are, and back", async (one) => {
    const both = await startBoth(one.flags());
    for (const user of ["alice", "many", "jürgen"]) {
      const browser = new Browser();
      const done = await signIn(browser, both[one.from], both[one.from], user);
      expect([done.status, done.location]).toEqual([302, `${both[one.from].url}/page?a=1`]);
      const before = await who(browser, both[one.from]);
      const after = await who(browser, both[one.to]);
      expect([before.status, after.status]).toEqual([202, 202]);
      expect(identityIn(after)).toEqual(identityIn(before));
      expect(after.headers.getSetCookie()).toEqual([]);
      expect((await who(browser, both[one.from])).status).toBe(202);
      expect((await who(browser, both[one.to])).status).toBe(202);
    }
  });

  test.each(CASES)("from $from to $to, sessions in $store: who signs out there is out at both", async (one) => {
    const both = await startBoth(one.flags());
    const browser = new Browser();
    await signIn(browser, both[one.from], both[one.from], "many");
    const stolen = browser.cookieHeader(new URL(both.ours.url));
    await browser.request(`${both[one.to].url}/oauth2/sign_out`);
    expect(browser.cookieHeader(new URL(both.ours.url))).toBe("");
    expect((await who(browser, both[one.from])).status).toBe(401);
    if (one.store !== REDIS) return;
    for (const program of [both.original, both.ours]) {
      const answer = await new Browser().request(`${program.url}/oauth2/auth`, { headers: { cookie: stolen } });
      expect(answer.status).toBe(401);
    }
  });

  test.each(CASES.filter(({ store }) => store !== "small cookies"))(
    "from $from to $to, sessions in $store: renewed at the one, it goes on at the other",
    async (one) => {
      const both = await startBoth([...one.flags(), "--cookie-refresh=1s"]);
      const browser = new Browser();
      await signIn(browser, both[one.from], both[one.from]);
      const first = identityIn(await who(browser, both[one.from]));
      for (const program of [both[one.to], both[one.from], both[one.to]]) {
        const before = refreshes();
        await until("a renewal", async () => {
          expect((await who(browser, program)).status).toBe(202);
          return refreshes() > before;
        });
        const now = await who(browser, program);
        // The tokens are new, the person is not.
        expect(identityIn(now).slice(0, 4)).toEqual(first.slice(0, 4));
      }
    },
  );

  const IN_FLIGHT: readonly (readonly [name: string, flags: readonly string[]])[] = [
    ["one cookie", []],
    ["a cookie for each login", ["--cookie-csrf-per-request", "--cookie-csrf-expire=5m"]],
    ["PKCE", ["--code-challenge-method=S256"]],
    [
      "PKCE, a cookie for each login and the state encoded",
      ["--code-challenge-method=S256", "--cookie-csrf-per-request", "--encode-state"],
    ],
  ];
  test.each(IN_FLIGHT.flatMap(([name, flags]) => DIRECTIONS.map(([from, to]) => ({ name, flags, from, to }))))(
    "with a login in flight from $from to $to, $name",
    async ({ flags, from, to }) => {
      const both = await startBoth(flags);
      const browser = new Browser();
      // Another tab, which is given up.
      await browser.request(`${both[from].url}/oauth2/start?rd=/other`);
      const done = await signIn(browser, both[from], both[to]);
      expect([done.status, done.location]).toEqual([302, `${both[to].url}/page?a=1`]);
      expect((await who(browser, both[from])).status).toBe(202);
      expect((await who(browser, both[to])).status).toBe(202);
    },
  );

  test.each(DIRECTIONS)("with somebody signed in by password at %s, then at %s", async (from, to) => {
    // bcrypt of "correct horse", as `htpasswd -B` writes it.
    const users = `bea:${await Bun.password.hash("correct horse", { algorithm: "bcrypt", cost: 5 })}\n`;
    const flags = [...dropInFlags(provider), "--htpasswd-file=users", "--upstream=static://200", "--set-xauthrequest"];
    const files = { users };
    const both = {
      original: await startDropIn(flags, { executable: original, files }),
      ours: await startDropIn(flags, { files }),
    };
    running.push(both.original, both.ours);
    const browser = new Browser();
    const done = await browser.request(`${both[from].url}/oauth2/sign_in`, {
      form: { username: "bea", password: "correct horse", rd: "/" },
    });
    expect(done.status).toBe(302);
    const [before, after] = [await who(browser, both[from]), await who(browser, both[to])];
    expect([before.status, after.status]).toEqual([202, 202]);
    expect(identityIn(after)).toEqual(identityIn(before));
  });
});

function refreshes(): number {
  return provider.tokenForms.filter((form) => form["grant_type"] === "refresh_token").length;
}
