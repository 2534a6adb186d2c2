import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { askRaw, cookiesOf, type Door, startDoor } from "../support/oauth2-proxy-door.ts";

/**
 * CVE-2025-64484, weak spots 6, 7 and 17: what the application is told about who is there comes from us alone. As bytes, since libraries
 * would not send what an attacker sends.
 */
const NAMES = readFileSync(join(import.meta.dir, "..", "vectors", "oauth2-proxy-identity-headers.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("# "));

const CONFIGURATIONS: readonly (readonly [string, readonly string[]])[] = [
  ["by default", []],
  ["with --prefer-email-to-user", ["--prefer-email-to-user"]],
  ["without any identity header", ["--pass-user-headers=false", "--pass-basic-auth=false"]],
  ["with tokens passed on", ["--pass-access-token", "--pass-authorization-header", "--set-xauthrequest"]],
  ["signed", ["--signature-key=sha256:0123456789"]],
];

describe.each(CONFIGURATIONS)("%s", (_name, flags) => {
  let door: Door;
  beforeAll(async () => {
    door = await startDoor(["--skip-auth-route=^/public/", ...flags]);
  });
  afterAll(() => door.stop());
  beforeEach(() => {
    door.seen.length = 0;
  });

  test("CVE-2025-64484, weak spot 7: no spelling of an identity header gets through", async () => {
    const cookie = `Cookie: ${cookiesOf(await door.signIn(), door)}`;
    for (const [path, lines] of [["/", [cookie]] as const, ["/public/", []] as const]) {
      for (const name of NAMES) {
        door.seen.length = 0;
        expect((await askRaw(door.port, path, [...lines, `${name}: mallory`, `${name}: root`])).status).toBe(200);
        expect(JSON.stringify(door.seen)).not.toMatch(/mallory|root/);
      }
      await askRaw(door.port, path, [...lines, ...NAMES.map((name) => `${name}: mallory`)]);
      expect(JSON.stringify(door.seen)).not.toContain("mallory");
    }
  });

  test("weak spot 6: `Connection` takes away nothing of what we say", async () => {
    const cookie = `Cookie: ${cookiesOf(await door.signIn(), door)}`;
    await askRaw(door.port, "/", [cookie]);
    const honest = door.seen.pop()?.headers ?? {};
    const ours = Object.keys(honest).filter((name) => /^(?:x-forwarded|x-auth|gap|authorization)/.test(name));
    for (const options of [ours.join(", "), ours.join(",").toUpperCase(), `keep-alive, ${ours.join(" ,\t")}`]) {
      await askRaw(door.port, "/", [cookie, `Connection: ${options}`, ...ours.map((name) => `Connection: ${name}`)]);
      const { headers = {} } = door.seen.pop() ?? {};
      for (const name of ours) {
        if (name === "gap-signature") expect(headers[name]).toBeDefined();
        else expect([name, headers[name]]).toEqual([name, honest[name]]);
      }
    }
  });

  test("weak spot 17: our own cookies are not the application's", async () => {
    const browser = await door.signIn();
    await browser.request(`${door.url}/oauth2/start`);
    const own = cookiesOf(browser, door);
    const names = browser.cookies.map(({ name }) => name);
    expect(names.toSorted()).toEqual(["_oauth2_proxy", "_oauth2_proxy_csrf"]);
    for (const header of [
      `Cookie: theme=dark; ${own}`,
      `Cookie: ${own}; theme=dark`,
      `Cookie: theme=dark;${own.replaceAll("; ", ";")}`,
      `Cookie:\t${own.replaceAll("=", " = ")} ; theme=dark`,
      `cookie: _oauth2_proxy_0=a; _oauth2_proxy_1=b; _oauth2_proxy_AbCdEfGh_csrf=c; ${own}; theme=dark`,
    ]) {
      door.seen.length = 0;
      await askRaw(door.port, "/public/", [header]);
      expect(door.seen.map(({ headers }) => headers["cookie"])).toEqual(["theme=dark"]);
    }
    await askRaw(door.port, "/public/", ["Cookie: theme=dark", `Cookie: ${own}`]);
    expect(door.seen.at(-1)?.headers["cookie"]).not.toContain("_oauth2_proxy");
  });
});

describe("weak spot 7: where a request comes from", () => {
  const CLAIMS = [
    "X-Forwarded-For: 10.6.6.6",
    "X-Forwarded-Host: evil.test",
    "X-Forwarded-Proto: evil",
    "X-Forwarded-Port: 666",
    "X-Forwarded-Prefix: /evil",
    "X-Forwarded-Uri: /evil",
    "X-Forwarded-Server: evil",
    "X_Forwarded_Host: evil.test",
    "X_Forwarded-For: 10.6.6.6",
    "X.Forwarded.Host: evil.test",
    "Forwarded: for=10.6.6.6;host=evil.test",
    "X-Real-IP: 10.6.6.6",
    "X_Real_IP: 10.6.6.6",
  ];

  test("a peer that is no trusted proxy does not get it past us", async () => {
    const door = await startDoor(["--reverse-proxy", "--trusted-proxy-ip=192.0.2.1", "--skip-auth-route=^/public/"]);
    await askRaw(door.port, "/public/", CLAIMS);
    expect(JSON.stringify(door.seen)).not.toMatch(/evil|666|10\.6/);
    expect(door.seen[0]?.headers["x-forwarded-for"]).toBe("127.0.0.1");
    await door.stop();
  });

  test("a value of ours that the client could shape adds no header", async () => {
    const door = await startDoor(["--set-xauthrequest", "--pass-user-headers"]);
    door.provider.users["alice"] = {
      sub: "alice\r\nX-Injected: 1",
      email: "alice@example.com\r\nX-Injected: 2",
      preferred_username: "a\nX-Injected: 3",
      groups: ["x\r\nX-Injected: 4", "y\0z"],
    };
    const cookie = `Cookie: ${cookiesOf(await door.signIn(), door)}`;
    const { status, headers } = await askRaw(door.port, "/oauth2/auth", [cookie]);
    expect(status).toBe(202);
    expect(headers.has("x-injected")).toBe(false);
    await askRaw(door.port, "/", [cookie]);
    expect(door.seen.flatMap((seen) => Object.keys(seen.headers))).not.toContain("x-injected");
    await door.stop();
  });
});

test("an application can neither set nor delete our cookies", async () => {
  const app = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => {
      const headers = new Headers();
      for (const name of [
        "_oauth2_proxy",
        "_oauth2_proxy_0",
        "_oauth2_proxy_csrf",
        "_oauth2_proxy_AbCdEfGh_csrf",
        "theme",
      ]) {
        headers.append("set-cookie", `${name}=planted; Path=/`);
      }
      return new Response("planted", { headers });
    },
  });
  const door = await startDoor(["--skip-auth-route=^/"], { upstream: `http://127.0.0.1:${app.port}` });
  const { headers } = await askRaw(door.port, "/");
  expect(headers.getSetCookie()).toEqual(["theme=planted; Path=/"]);
  await Promise.all([door.stop(), app.stop(true)]);
});
