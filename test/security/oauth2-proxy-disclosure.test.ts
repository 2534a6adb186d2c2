import { describe, expect, test } from "bun:test";

import { Browser } from "../support/browser.ts";
import { COOKIE_SECRET } from "../support/drop-in.ts";
import { ask, askRaw, cookiesOf, type Door, startDoor } from "../support/oauth2-proxy-door.ts";
import { until } from "../support/until.ts";

/** Weak spots 14 and 17: what strangers, logs and pages are told. */
const HTPASSWD = { htpasswd: `bob:{SHA}${new Bun.CryptoHasher("sha1").update("pass-word-of-bob").digest("base64")}\n` };
const FLAGS = [
  "--htpasswd-file=htpasswd",
  "--skip-jwt-bearer-tokens",
  "--code-challenge-method=S256",
  "--set-authorization-header",
  "--cookie-refresh=1s",
  "--pass-access-token",
];
const ORIGINAL_LOGS = [
  "--standard-logging=true",
  "--request-logging=true",
  "--auth-logging=true",
  "--show-debug-on-error",
];

const ACCESS_TOKEN = "access-token-0123456789";
const BEARER = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzZWNyZXQtYmVhcmVyIn0.c2VjcmV0LXNpZ25hdHVyZQ";
const basic = (user: string, password: string): string => `Basic ${btoa(`${user}:${password}`)}`;

/** Everything that goes right and wrong in a day. @returns what must not be told, by name. */
async function live(door: Door): Promise<ReadonlyMap<string, string>> {
  const secrets = new Map([
    ["client secret", door.provider.clientSecret],
    ["cookie secret", COOKIE_SECRET],
    ["access token", ACCESS_TOKEN],
    ["password", "pass-word-of-bob"],
    ["wrong password", "wrong-pass-word"],
    ["Basic credentials", btoa("bob:pass-word-of-bob")],
    ["wrong Basic credentials", btoa("bob:wrong-pass-word")],
    ["bearer token", BEARER],
  ]);
  door.provider.settings.tokenClaims = { access_token: ACCESS_TOKEN };
  door.provider.settings.idTokenClaims = { at_hash: undefined };
  const browser = await signInCollecting(door, secrets);
  const cookie = cookiesOf(browser, door);
  const answer = await ask(`${door.url}/oauth2/auth`, { cookie });
  secrets.set("ID token", (answer.headers.get("authorization") ?? "").replace("Bearer ", ""));
  for (const authorization of [`Bearer ${BEARER}`, basic("bob", "pass-word-of-bob"), basic("bob", "wrong-pass-word")]) {
    for (const path of [
      "/",
      "/oauth2/auth",
      "/oauth2/callback?code=stolen-code&state=abc:/",
      "/oauth2/callback?code=x",
      "/nowhere%zz",
    ]) {
      await askRaw(door.port, path, [`Authorization: ${authorization}`, `Cookie: ${cookie}`]);
    }
  }
  secrets.set("code of a failed login", "stolen-code");
  const form = { username: "bob", password: "wrong-pass-word" };
  await new Browser().request(`${door.url}/oauth2/sign_in`, { form });
  await new Browser().request(`${door.url}/oauth2/sign_in`, { form: { ...form, password: "pass-word-of-bob" } });
  door.provider.settings.signing = "foreign-key";
  await signInCollecting(door, secrets);
  door.provider.settings.signing = "good";
  door.provider.settings.failing = { token: 500 };
  await signInCollecting(door, secrets);
  await Bun.sleep(2100);
  await ask(`${door.url}/`, { cookie: `${cookie}; due=1` });
  door.provider.settings.failing = {};
  await ask(`${door.url}/`, { cookie: `${cookie.slice(0, -6)}AAAAA=` });
  await browser.request(`${door.url}/oauth2/sign_out`);
  for (const tokenForm of door.provider.tokenForms) {
    for (const name of ["code", "code_verifier", "refresh_token"])
      secrets.set(`${name} ${secrets.size}`, tokenForm[name] ?? "");
  }
  return secrets;
}

async function signInCollecting(door: Door, secrets: Map<string, string>): Promise<Browser> {
  const browser = new Browser();
  const { location = "" } = await browser.request(`${door.url}/oauth2/start?rd=%2F`);
  const callback = await door.provider.authorize(new URL(location));
  secrets.set(`state ${secrets.size}`, callback.get("state")?.split(":")[0] ?? "");
  for (const { name, value } of browser.cookies) secrets.set(`${name} ${secrets.size}`, value);
  await browser.open(`${door.url}/oauth2/callback?${callback}`);
  for (const { name, value } of browser.cookies) secrets.set(`${name} ${secrets.size}`, value);
  return browser;
}

describe("weak spot 14: no secret is in the log", () => {
  test.each([
    ["ours", []],
    ["the original's", ORIGINAL_LOGS],
  ])(
    "%s",
    async (_name, flags) => {
      const door = await startDoor([...FLAGS, ...flags], { files: HTPASSWD });
      const secrets = await live(door);
      await door.stop();
      await until("the log", () => door.output().length > 500);
      const log = door.output();
      expect(secrets.size).toBeGreaterThan(20);
      for (const [name, secret] of secrets) {
        if (secret === "") continue;
        for (const told of [
          secret,
          encodeURIComponent(secret),
          secret.split("|")[0] ?? "",
          secret.split("|")[2] ?? secret,
        ]) {
          expect([name, log.includes(told)]).toEqual([name, false]);
        }
      }
      expect(log).not.toMatch(/\n\s+at .*\.ts:\d+/);
    },
    30_000,
  );

  test("what a client sends makes no line of its own, and no escape sequence", async () => {
    const door = await startDoor(ORIGINAL_LOGS);
    const agent = "x\u001b[2J\u0007\t{{.Client}} %s";
    await askRaw(door.port, "/%0aFORGED%0d%0a", [`User-Agent: ${agent}`, "X-Request-Id: FORGED\u0085"]);
    await ask(`${door.url}/oauth2/callback?error=${encodeURIComponent("a\n2026/01/01 FORGED\r\n\u001b[31m")}`);
    await door.stop();
    expect(door.output()).not.toMatch(/^[^[{]*FORGED/m);
    expect(door.output()).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
  });
});

describe("weak spot 14: nor on a page", () => {
  test("an inner error is not shown, and not even debugging shows a secret", async () => {
    for (const flags of [[], ["--show-debug-on-error"]]) {
      const door = await startDoor(flags, { provider: { settings: { failing: { token: 500 } } } });
      const browser = new Browser();
      const { location = "" } = await browser.request(`${door.url}/oauth2/start`);
      const callback = await door.provider.authorize(new URL(location));
      const { status, body } = await browser.request(`${door.url}/oauth2/callback?${callback}`);
      expect(status).toBe(500);
      for (const secret of [door.provider.clientSecret, callback.get("code") ?? "", "Out of order", COOKIE_SECRET]) {
        expect(body).not.toContain(secret);
      }
      expect(body).not.toMatch(/\.ts:\d+|node_modules/);
      if (flags.length === 0) expect(body).not.toContain(door.provider.issuer);
      await door.stop();
    }
  });
});

describe("weak spot 17: what strangers can find out", () => {
  test("no folder of ours is listed, and nothing beside it is served", async () => {
    const door = await startDoor();
    const paths = [
      "",
      ".",
      "css/",
      "css",
      "../",
      "..%2f",
      "%2e%2e/",
      "..%5c",
      "/etc/passwd",
      "%2fetc%2fpasswd",
      "../../package.json",
      "css/..%2f..%2f",
      "%00",
      "__proto__",
      "constructor",
    ];
    for (const path of paths) {
      const { status, body } = await askRaw(door.port, `/oauth2/static/${path}`);
      expect([path, [301, 302, 400, 403, 404].includes(status)]).toEqual([path, true]);
      expect(body).not.toMatch(/<pre>|root:|"name":/);
    }
    await door.stop();
  });

  test("no page and no header tells the version or the program's parts", async () => {
    const door = await startDoor();
    for (const path of [
      "/",
      "/oauth2/sign_in",
      "/oauth2/callback",
      "/oauth2/auth",
      "/oauth2/start",
      "/robots.txt",
      "/ping",
      "/ready",
      "/oauth2/nowhere",
    ]) {
      const { headers, body } = await askRaw(door.port, path);
      const told = `${[...headers].map((field) => field.join(": ")).join("\n")}\n${body}`;
      expect([path, /\bv?7\.15|0\.1\.0|version \d|x-powered-by|\nserver:|\bbun\b/i.test(told)]).toEqual([path, false]);
    }
    await door.stop();
  });

  test("pages run nothing that is not theirs, and lie in no frame", async () => {
    const door = await startDoor();
    for (const path of ["/", "/oauth2/sign_in", "/oauth2/callback"]) {
      const { headers } = await askRaw(door.port, path, ["Accept: text/html"]);
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toMatch(/default-src 'none'/);
      expect(policy).toMatch(/frame-ancestors 'none'/);
      expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|\*/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
    await door.stop();
  });

  test("what comes in a request is shown as text", async () => {
    const door = await startDoor(["--show-debug-on-error"]);
    const script = "<script>alert(1)</script>";
    const quote = `"><img src=x onerror=alert(1)>`;
    for (const path of [
      `/oauth2/sign_in?rd=${encodeURIComponent(`/${quote}`)}`,
      `/oauth2/sign_in?rd=${encodeURIComponent(`/${script}`)}`,
      `/oauth2/callback?error=${encodeURIComponent(script + quote)}`,
      `/oauth2/callback?state=${encodeURIComponent(script)}:/&code=${encodeURIComponent(quote)}`,
      `/${encodeURIComponent(script)}?x=${encodeURIComponent(quote)}`,
      `/oauth2/sign_out?rd=${encodeURIComponent(`/${quote}`)}`,
    ]) {
      const { body } = await askRaw(door.port, path, [`X-Request-Id: ${script}`]);
      expect([path, /<script>alert|<img src=x/.test(body)]).toEqual([path, false]);
    }
    await door.stop();
  });

  test("userinfo and auth are for no other site's scripts", async () => {
    const door = await startDoor();
    const cookie = cookiesOf(await door.signIn(), door);
    for (const path of ["/oauth2/userinfo", "/oauth2/auth"]) {
      const { headers } = await ask(`${door.url}${path}`, { cookie, origin: "https://evil.test" });
      expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
    await door.stop();
  });
});
