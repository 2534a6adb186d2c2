import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Browser } from "../support/browser.ts";
import { ask, cookiesOf, type Door, startDoor } from "../support/oauth2-proxy-door.ts";

/**
 * Open redirects: CVE-2017-1000070, CVE-2020-5233, CVE-2020-11053, CVE-2020-4037, CVE-2021-21291 and weak spot 19. Each vector comes
 * in by every way that a return target has: a login, the sign-out, the page's own link back.
 */
const LISTED = [
  "app.example.com",
  ".wild.test",
  "*.star.test",
  "exact.test:8443",
  ".port.test:*",
  "[2001:db8::1]:8443",
];

let door: Door;

beforeAll(async () => {
  door = await startDoor(["--reverse-proxy", ...LISTED.map((domain) => `--whitelist-domain=${domain}`)]);
});
afterAll(() => door.stop());

function vectors(name: string): readonly string[] {
  return readFileSync(join(import.meta.dir, "..", "vectors", name), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("# "));
}

const HOSTILE = vectors("oauth2-proxy-return-targets.txt");

/** The `Location` at the end of a login that began with this query or header. */
async function afterLogin(query: string, headers: Readonly<Record<string, string>> = {}): Promise<string | null> {
  const browser = new Browser();
  const start = await browser.request(`${door.url}/oauth2/start${query}`, { headers });
  const callback = await door.provider.authorize(new URL(start.location ?? ""));
  const answer = await browser.request(`${door.url}/oauth2/callback?${callback}`);
  expect(answer.status).toBe(302);
  return answer.headers.get("location");
}

describe("CVE-2017-1000070, CVE-2020-5233, CVE-2020-11053, CVE-2020-4037, CVE-2021-21291, weak spot 19: refused", () => {
  test.each(HOSTILE)("%s after a login", async (rd) => {
    // What `rd` is refused for leads to `/`, where the login began.
    expect(await afterLogin(`?rd=${rd}`)).toBe("/");
  });

  test.each(HOSTILE)("%s after a sign-out", async (rd) => {
    const answer = await ask(`${door.url}/oauth2/sign_out?rd=${rd}`);
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/"]);
  });

  test("all of them in the header that gateways send", async () => {
    for (const rd of HOSTILE) {
      const value = decodeURIComponent(rd);
      if (!/^[!-~](?:[ -~]*[!-~])?$/.test(value)) continue; // no such header can be sent
      const answer = await ask(`${door.url}/oauth2/sign_out`, { "x-auth-request-redirect": value });
      expect([rd, answer.headers.get("location")]).toEqual([rd, "/"]);
    }
  });

  test("all of them in what the sign-in page's forms carry on", async () => {
    for (const rd of HOSTILE) {
      const body = await (await ask(`${door.url}/oauth2/sign_in?rd=${rd}`)).text();
      expect([rd, /name="rd"[^>]*value="([^"]*)"/.exec(body)?.[1]]).toEqual([rd, "/"]);
    }
  });
});

test("weak spot 19: the state comes back through the browser, so its return target is judged again", async () => {
  for (const rd of ["//evil.test", "https://evil.test/", "/%5Cevil.test", "https://evil.test%3Ba.wild.test/"]) {
    const browser = new Browser();
    const { location = "" } = await browser.request(`${door.url}/oauth2/start?rd=%2Fok`);
    const callback = await door.provider.authorize(new URL(location));
    const [hash] = (callback.get("state") ?? "").split(":");
    callback.set("state", `${hash}:${decodeURIComponent(rd)}`);
    const answer = await browser.request(`${door.url}/oauth2/callback?${callback}`);
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/"]);
  }
});

test("weak spot 19: wherever a redirect leads, a browser ends on a listed host or on ours", async () => {
  const own = new URL(door.url).hostname;
  const allowed = /^(?:app\.example\.com|(?:.+\.)?wild\.test|(?:.+\.)?star\.test|exact\.test|(?:.+\.)?port\.test)$/;
  for (const rd of [...HOSTILE, ...vectors("return-targets.txt")]) {
    for (const path of ["/oauth2/sign_out", "/oauth2/sign_out/"]) {
      const answer = await ask(`${door.url}${path}?rd=${rd}`);
      const location = answer.headers.get("location");
      if (location === null) continue;
      expect(location).toMatch(/^[ -~]+$/);
      const { hostname, protocol } = new URL(location, `${door.url}/deep/path`);
      expect([rd, hostname === own || allowed.test(hostname), /^https?:$/.test(protocol)]).toEqual([rd, true, true]);
    }
  }
});

test("an address that a redirect of ours resolves to is judged, not only how it was written", async () => {
  for (const target of ["/x/..;//evil.test", "/%2e%2e//evil.test", "//evil.test/%2e%2e", "/a//%2e%2e//evil.test"]) {
    const { headers } = await ask(`${door.url}${target}`);
    const location = headers.get("location");
    if (location !== null) expect(new URL(location, door.url).hostname).toBe("127.0.0.1");
  }
});

describe("what honest users need goes on working", () => {
  test.each([
    ["%2Fpage%3Fa%3D1%26b%3D2%23c", "/page?a=1&b=2#c"],
    ["https%3A%2F%2Fapp.example.com%2Fx%3Fy%3D1", "https://app.example.com/x?y=1"],
    ["https%3A%2F%2Fwild.test%2F", "https://wild.test/"],
    ["https%3A%2F%2Fa.b.wild.test%2F", "https://a.b.wild.test/"],
    ["https%3A%2F%2Fa.star.test%2F", "https://a.star.test/"],
    ["https%3A%2F%2Fexact.test%3A8443%2F", "https://exact.test:8443/"],
    ["https%3A%2F%2Fa.port.test%3A1%2F", "https://a.port.test:1/"],
    ["https%3A%2F%2F%5B2001%3Adb8%3A%3A1%5D%3A8443%2F", "https://[2001:db8::1]:8443/"],
    ["https%3A%2F%2Fuser@app.example.com%2F", "https://user@app.example.com/"],
  ])("%s", async (rd, location) => {
    expect(await afterLogin(`?rd=${rd}`)).toBe(location);
  });
});

test("weak spot 1: without a trusted hop no header chooses where the browser goes or where the provider answers", async () => {
  const stranger = await startDoor([
    "--reverse-proxy",
    "--trusted-proxy-ip=192.0.2.1",
    "--whitelist-domain=.evil.test",
  ]);
  const headers = {
    "x-forwarded-host": "login.evil.test",
    "x-forwarded-proto": "https",
    "x-forwarded-uri": "/stolen",
    forwarded: "host=login.evil.test;proto=https",
  };
  const answer = await ask(`${stranger.url}/oauth2/start`, headers);
  const authorize = new URL(answer.headers.get("location") ?? "");
  expect(authorize.searchParams.get("redirect_uri")).toBe(`${stranger.url}/oauth2/callback`);
  expect(authorize.searchParams.get("state")).toEndWith(":/");
  expect(answer.headers.getSetCookie().join()).not.toContain("evil");
  await stranger.stop();
});

test("weak spot 1: what a trusted hop says of the host is believed only when it is one host", async () => {
  for (const host of [
    "evil.test/x",
    "user@evil.test",
    "a.test,evil.test",
    "evil.test?x",
    "evil.test#x",
    "evil.test\\x",
  ]) {
    const answer = await ask(`${door.url}/oauth2/start`, { "x-forwarded-host": host, "x-forwarded-proto": "https" });
    const authorize = new URL(answer.headers.get("location") ?? "");
    expect(authorize.searchParams.get("redirect_uri")).toBe(`https://127.0.0.1:${door.port}/oauth2/callback`);
  }
});

test("an ID token is put into no address that is not listed", async () => {
  const browser = await door.signIn();
  const answer = await ask(`${door.url}/oauth2/sign_out?rd=${encodeURIComponent("https://evil.test/?t={id_token}")}`, {
    cookie: cookiesOf(browser, door),
  });
  expect(answer.headers.get("location")).toBe("/");
});
