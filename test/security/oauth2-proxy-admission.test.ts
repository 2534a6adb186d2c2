import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { Browser } from "../support/browser.ts";
import { ask, cookiesOf, type Door, isSignedIn, startDoor } from "../support/oauth2-proxy-door.ts";

function hasSession(browser: Browser): boolean {
  return browser.cookies.some(({ name }) => name === "_oauth2_proxy");
}

async function signsIn(door: Door, email: unknown): Promise<boolean> {
  door.provider.users["alice"] = { sub: "id-of-alice", email, groups: ["staff"] };
  return hasSession(await door.signIn());
}

describe("CVE-2026-40574, CVE-2021-21291: an address belongs to a domain only as a whole", () => {
  let door: Door;
  beforeAll(async () => {
    door = await startDoor(
      ["--email-domain=corp.test", "--email-domain=.sub.test", "--authenticated-emails-file=emails"],
      {
        files: { emails: "carol@other.test\n" },
        everybody: false,
      },
    );
  });
  afterAll(() => door.stop());

  test.each([
    "a@evil.test@corp.test",
    "a@corp.test@evil.test",
    '"a@evil.test"@corp.test',
    "a@@corp.test",
    "@corp.test",
    "corp.test",
    "a@",
    "a@corp.test.",
    "a@.corp.test",
    "a@corp.test.evil.test",
    "a@badcorp.test",
    "a@x.corp.test",
    "a@corp.test\0.evil.test",
    "a@evil.test\0@corp.test",
    "a@corp.test\n",
    "a@corp.test ",
    "a@corp.test,b@evil.test",
    "a@evil.test,@corp.test",
    "a@corp.test;evil.test",
    "a@[corp.test]",
    "a@corp.test>",
    "<a@corp.test>",
    "a@evil.test#@corp.test",
    "a@evil.test?@corp.test",
    "a@ｃorp.test",
    "a@corp。test",
    "a@cor\u00adp.test",
    "a@corp.te\u017ft",
    "a@evilsub.test",
    "a@sub.test.evil.test",
    "a@evil.test@x.sub.test",
    "carol@other.test\n",
    "carol@other.test@evil.test",
    "x,carol@other.test",
    "carol@other.test,x",
    "",
    "*",
  ])("%j is nobody's of ours", async (email) => expect(await signsIn(door, email)).toBe(false));

  test.each(["a@corp.test", "A.B@CORP.TEST", "a@x.sub.test", "carol@other.test"])("%s is", async (email) =>
    expect(await signsIn(door, email)).toBe(true),
  );

  test("an address that is none is none", async () => {
    for (const email of [undefined, null, 7, true, [], {}, ["a@corp.test", "a@evil.test"], { value: "a@corp.test" }]) {
      expect([email, await signsIn(door, email)]).toEqual([email, false]);
    }
  });
});

describe("CVE-2021-21411: a gate that is configured is held, at the login and on every request", () => {
  /** Flags that keep Alice out, and flags that let her in; none where the fake does not speak the vendor's tokens. */
  const GATES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["--allowed-group", ["--allowed-group=ops"], ["--allowed-group=ops", "--allowed-group=staff"]],
    ["--gitlab-group", ["--provider=gitlab", "--gitlab-group=ops"], ["--provider=gitlab", "--gitlab-group=staff"]],
    ["--allowed-role", ["--provider=keycloak-oidc", "--allowed-role=ops"], []],
    ["--keycloak-group", ["--provider=keycloak-oidc", "--keycloak-group=ops"], []],
    ["--email-domain", ["--email-domain=other.test"], ["--email-domain=example.com"]],
  ];
  test.each(GATES)("%s", async (_name, closed, open) => {
    const everybody = !closed.some((flag) => flag.startsWith("--email-domain"));
    const shut = await startDoor(closed, { everybody });
    if (open.length > 0) expect(hasSession(await shut.signIn())).toBe(false);
    // A session that the same secret made, before the gate was there.
    const before = await startDoor();
    const cookie = cookiesOf(await before.signIn(), before);
    expect(await isSignedIn(before, cookie)).toBe(true);
    expect(await isSignedIn(shut, cookie)).toBe(false);
    expect((await ask(`${shut.url}/`, { cookie })).status).toBe(403);
    expect(shut.seen).toEqual([]);
    if (open.length > 0) {
      const wide = await startDoor(open, { everybody });
      expect(hasSession(await wide.signIn())).toBe(true);
      await wide.stop();
    }
    await Promise.all([shut.stop(), before.stop()]);
  });
});

describe("weak spot 15: passwords of the htpasswd file", () => {
  let door: Door;
  beforeAll(async () => {
    const hash = await hashPassword("correct horse", "bcrypt");
    const sha = new Bun.CryptoHasher("sha1").update("battery").digest("base64");
    const files = { htpasswd: `alice:${hash}\nbob:{SHA}${sha}\n` };
    door = await startDoor(["--htpasswd-file=htpasswd"], { files });
  });
  afterAll(() => door.stop());

  const basic = (user: string, password: string) =>
    ask(`${door.url}/oauth2/auth`, { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` });

  test("what names nobody in the file lets nobody in", async () => {
    const wrong: readonly (readonly [string, string])[] = [
      ["nobody", "correct horse"],
      ["", ""],
      ["", "correct horse"],
      ["ALICE", "correct horse"],
      ["alice\0", "correct horse"],
      ["alice ", "correct horse"],
      ["__proto__", "x"],
      ["constructor", "x"],
      ["alice", "correct horse\0"],
      ["alice", `correct horse${" ".repeat(100)}`],
      ["alice", ""],
    ];
    for (const [user, password] of wrong) {
      const { status } = await basic(user, password);
      expect([user, password, status === 401 || status === 403]).toEqual([user, password, true]);
    }
  });

  test.each(["empty:", "plain:plain", "crypt:abJnggxhB/yWI", "apr:$apr1$x$y", ":{SHA}x"])(
    "%s as a line stops the start",
    async (line) => {
      const files = { htpasswd: `${line}\n` };
      const started = startDoor(["--htpasswd-file=htpasswd"], { files });
      expect(await started.then(() => "started", String)).toContain("htpasswd");
    },
  );

  test("guessing is slowed down, by header and by form, and the gateway is told nothing but no", async () => {
    const statuses: number[] = [];
    for (let guess = 0; guess < 12; guess += 1) statuses.push((await basic("bob", `guess-${guess}`)).status);
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses.at(-1)).toBe(403);
    const slowed = await basic("bob", "battery");
    expect([slowed.status, Number(slowed.headers.get("retry-after")) > 0]).toEqual([403, true]);
    const form = await new Browser().request(`${door.url}/oauth2/sign_in`, {
      form: { username: "bob", password: "battery" },
    });
    expect(form.status).toBe(429);
    expect(form.headers.getSetCookie().join()).not.toMatch(/_oauth2_proxy=[^;]/);
    expect((await ask(`${door.url}/`, { authorization: `Basic ${btoa("bob:battery")}` })).status).toBe(429);
  });

  test("a form of another site signs nobody in as somebody else", async () => {
    const form = { username: "alice", password: "correct horse", rd: "/" };
    for (const headers of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.test" },
      { origin: "null" },
    ]) {
      const browser = new Browser();
      expect((await browser.request(`${door.url}/oauth2/sign_in`, { form, headers })).status).toBe(403);
      expect(hasSession(browser)).toBe(false);
    }
  });
});

test("weak spot 18: a secret that everybody can read in a chart is told at the start", async () => {
  const door = await startDoor([`--cookie-secret=${"X".repeat(16)}`]);
  expect(door.output()).toMatch(/cookie-secret/);
  await door.stop();
});
