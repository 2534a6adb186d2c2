import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { ask, askRaw, type Door, startDoor } from "../support/oauth2-proxy-door.ts";

const RULES = ["--skip-auth-route=^/public/", "--skip-auth-route=^/open$", "--skip-auth-route=[.]css$"];
const HOSTILE = readFileSync(join(import.meta.dir, "..", "vectors", "oauth2-proxy-skip-auth.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("# "));

let door: Door;
let raw: Door;
let untrusted: Door;
const doors = (): readonly Door[] => [door, raw, untrusted];

beforeAll(async () => {
  [door, untrusted, raw] = await Promise.all([
    startDoor(["--reverse-proxy", ...RULES]),
    startDoor(["--reverse-proxy", "--trusted-proxy-ip=192.0.2.1", "--trusted-ip=198.51.100.0/24", ...RULES]),
    // Where the original is exposed most: nothing cleans a path before its rules see it.
    startDoor(RULES, { rawPath: true }),
  ]);
});
afterAll(() => Promise.all(doors().map((one) => one.stop())));
beforeEach(() => {
  for (const one of doors()) one.seen.length = 0;
});

describe("weak spot 3, CVE-2025-54576, CVE-2026-41059: no spelling widens a rule", () => {
  test.each(HOSTILE)("%s as what a gateway asks about", async (uri) => {
    const { status } = await askRaw(door.port, "/oauth2/auth", [`X-Forwarded-Uri: ${uri}`]);
    // A header with control characters is refused before anybody looks at it.
    expect([400, 401]).toContain(status);
  });

  test.each(HOSTILE)("%s as what is asked for", async (target) => {
    for (const { port, seen } of [door, raw]) {
      const { status } = await askRaw(port, target);
      expect([0, 301, 302, 400, 401, 403, 404, 405, 505]).toContain(seen.length === 0 ? status : 0);
      // What reached the application lies where the rule is, however it is read.
      for (const { target: reached } of seen)
        expect(reached).toMatch(/^\/(?:public\/|open(?:\?|$)|[^?]*\.css(?:\?|$))/);
      seen.length = 0;
    }
  });

  test.each([
    "/public/x",
    "/public/x?y=/../admin",
    "/public/",
    "/open",
    "/open?x",
    "/a/x.css",
    "/a/x.css?v=1",
    "/%70ublic/x",
    "/public/a%20b",
  ])("%s goes on to be public", async (uri) => {
    expect((await askRaw(door.port, "/oauth2/auth", [`X-Forwarded-Uri: ${uri}`])).status).toBe(202);
    expect((await askRaw(door.port, uri)).status).toBe(200);
  });
});

describe("CVE-2026-40575: who says what was asked for", () => {
  const claims = [
    "X-Forwarded-Uri: /public/x",
    "X-Original-URI: /public/x",
    "X-Original-URL: http://app.test/public/x",
    "X-Rewrite-URL: /public/x",
    "X_Forwarded_Uri: /public/x",
    "Forwarded: for=127.0.0.1;host=app.test",
    "X-Forwarded-Prefix: /public",
    "X-Envoy-Original-Path: /public/x",
  ];

  test.each(claims)("a client that no trusted hop speaks for does not pass with `%s`", async (claim) => {
    expect((await askRaw(untrusted.port, "/oauth2/auth", [claim])).status).toBe(401);
    expect((await askRaw(untrusted.port, "/admin", [claim])).status).toBe(403);
    expect(untrusted.seen).toEqual([]);
  });

  test.each(claims)("a trusted hop that passes on the client's `%s` does not open what we fetch", async (claim) => {
    expect((await askRaw(door.port, "/admin", [claim])).status).toBe(403);
    expect(door.seen).toEqual([]);
  });

  test("… nor does it turn a public read into a public write", async () => {
    const reads = await startDoor(["--reverse-proxy", "--skip-auth-route=GET=^/read/"]);
    const lines = [
      "X-Forwarded-Uri: /read/x",
      "X-Forwarded-Method: GET",
      "X-Original-Method: GET",
      "Content-Length: 0",
    ];
    expect((await askRaw(reads.port, "/read/x", lines, "POST")).status).toBe(403);
    expect(
      (await askRaw(reads.port, "/read/x", ["X-HTTP-Method-Override: GET", "Content-Length: 0"], "POST")).status,
    ).toBe(403);
    expect(
      (await askRaw(reads.port, "/oauth2/auth", ["X-Forwarded-Uri: /read/x", "X-Forwarded-Method: DELETE"])).status,
    ).toBe(401);
    expect(reads.seen).toEqual([]);
    expect((await askRaw(reads.port, "/read/x")).status).toBe(200);
    await reads.stop();
  });

  test("a gateway's static answer goes by the gateway's word", async () => {
    const gateway = await startDoor(["--reverse-proxy", ...RULES], { upstream: "static://202" });
    expect((await askRaw(gateway.port, "/", ["X-Forwarded-Uri: /public/x"])).status).toBe(202);
    expect((await askRaw(gateway.port, "/", ["X-Forwarded-Uri: /public/../admin"])).status).toBe(403);
    await gateway.stop();
  });
});

describe("weak spot 4: rules that say more than they seem to", () => {
  test("a trailing comma, an empty pattern and a `!=` inside a pattern open nothing", async () => {
    for (const rule of ["^/d$,", "GET=", "^/d$,,", "GET=^/x!=y"]) {
      const one = await startDoor([`--skip-auth-route=${rule}`]);
      expect([rule, (await askRaw(one.port, "/admin")).status]).toEqual([rule, 403]);
      expect(one.seen).toEqual([]);
      await one.stop();
    }
  });

  test("a negated rule keeps what it names closed in every spelling", async () => {
    const one = await startDoor(["--reverse-proxy", "--skip-auth-route=!=^/secret(?:/|$)"]);
    for (const uri of [
      "/secret",
      "/%73ecret/x",
      "/open/../secret/x",
      "//secret/x",
      "/x/..%2fsecret/",
      "/secret%2fx",
      "/.;/secret/x",
    ]) {
      const { status } = await askRaw(one.port, "/oauth2/auth", [`X-Forwarded-Uri: ${uri}`]);
      expect([uri, status]).toEqual([uri, 401]);
    }
    expect((await askRaw(one.port, "/oauth2/auth", ["X-Forwarded-Uri: /open"])).status).toBe(202);
    await one.stop();
  });

  test("an unanchored rule is warned about at the start", async () => {
    const one = await startDoor(["--skip-auth-route=/public/"]);
    expect(one.output()).toMatch(/anchor|begin with|\^/i);
    await one.stop();
  });
});

describe("weak spot 2: trusted-ip", () => {
  const NAMES = [
    "X-Real-IP",
    "X-Forwarded-For",
    "X-ProxyUser-IP",
    "X-Envoy-External-Address",
    "CF-Connecting-IP",
    "Forwarded",
  ];
  test.each(NAMES)("%s of a client that no trusted hop speaks for is not believed", async (name) => {
    const value = name === "Forwarded" ? "for=198.51.100.7" : "198.51.100.7";
    expect((await askRaw(untrusted.port, "/", [`${name}: ${value}`])).status).toBe(403);
    expect(untrusted.seen).toEqual([]);
  });

  test("behind a trusted hop the rightmost address counts, and nothing but an address", async () => {
    const flags = ["--reverse-proxy", "--real-client-ip-header=X-Forwarded-For", "--trusted-ip=198.51.100.0/24"];
    const one = await startDoor(flags);
    const status = async (...lines: string[]): Promise<number> =>
      (
        await askRaw(
          one.port,
          "/oauth2/auth",
          lines.map((line) => `X-Forwarded-For: ${line}`),
        )
      ).status;
    for (const value of [
      "198.51.100.7, 203.0.113.9",
      "198.51.100.7, garbage",
      "garbage",
      "198.51.100.7 203.0.113.9",
      "198.51.100.7%eth0",
      "198.51.100.07",
      "198.51.100",
      "3325256711",
      "0xc6336407",
      "198.51.100.7/24",
      "::ffff:203.0.113.9",
      "localhost",
      "",
    ]) {
      expect([value, await status(value)]).toEqual([value, 401]);
    }
    expect(await status("198.51.100.7", "203.0.113.9")).toBe(401);
    expect(await status("198.51.100.7")).toBe(202);
    expect(await status("203.0.113.9, 198.51.100.7")).toBe(202);
    await one.stop();
  });
});

describe("CVE-2026-34457: health checks", () => {
  let checked: Door;
  beforeAll(async () => {
    checked = await startDoor(["--ping-user-agent=kube-probe/1.0", "--gcp-healthchecks"]);
  });
  afterAll(() => checked.stop());

  test.each(["kube-probe/1.0", "GoogleHC/1.0"])("the agent %s alone opens nothing", async (agent) => {
    for (const path of ["/", "/oauth2/auth", "/oauth2/userinfo", "/admin", "/ping/x", "/ping/../admin", "//ping"]) {
      const { status, body } = await askRaw(checked.port, path, [`User-Agent: ${agent}`]);
      expect([path, status === 200 || status === 202, body]).toEqual([path, false, expect.not.stringMatching(/^OK$/)]);
    }
    expect(checked.seen).toEqual([]);
    expect((await ask(`${checked.url}/ping`, { "user-agent": agent })).status).toBe(200);
  });

  test("the path alone is no ping where agents are configured", async () => {
    const answer = await ask(`${checked.url}/ping`, { "user-agent": "curl" });
    expect(answer.status).toBe(403);
  });
});

describe("weak spot 5: allowed_groups, allowed_emails, allowed_email_domains", () => {
  test.each([
    "allowed_groups=",
    "allowed_groups",
    "allowed_groups=,",
    "allowed_groups=nobody",
    "allowed_groups=nobody;x",
    "allowed_groups=a%zz",
    "allowed_groups=STAFF",
    "allowed_groups=sta",
    "allowed_groups=staff%20",
    "allowed_groups=nobody&allowed_groups=",
    "allowed_emails=",
    "allowed_emails=,,",
    "allowed_emails=Alice@example.com",
    "allowed_emails=alice@example.co",
    "allowed_email_domains=",
    "allowed_email_domains=*",
    "allowed_email_domains=*.",
    "allowed_email_domains=.",
    "allowed_email_domains=xample.com",
    "allowed_email_domains=com",
    "allowed_email_domains=example.com.",
    "allowed_groups=staff&allowed_emails=",
    "allowed_groups=staff&allowed_email_domains=other.test",
    "x;allowed_groups=staff",
    "%61llowed_groups=",
  ])("%s lets Alice of staff not pass", async (query) => {
    const browser = await door.signIn();
    expect((await browser.request(`${door.url}/oauth2/auth?${query}`)).status).toBe(403);
  });

  test.each([
    "allowed_groups=staff",
    "allowed_groups=x,staff",
    "allowed_emails=alice@example.com",
    "allowed_email_domains=.example.com",
  ])("%s lets her", async (query) => {
    const browser = await door.signIn();
    expect((await browser.request(`${door.url}/oauth2/auth?${query}`)).status).toBe(202);
  });
});
