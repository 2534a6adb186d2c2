import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import { Browser } from "../support/browser.ts";
import { ask, cookiesOf, type Door, isSignedIn, startDoor } from "../support/oauth2-proxy-door.ts";

let door: Door;
let perRequest: Door;

beforeAll(async () => {
  [door, perRequest] = await Promise.all([
    startDoor(["--code-challenge-method=S256", "--insecure-oidc-skip-nonce=false"]),
    startDoor(["--cookie-csrf-per-request=true", "--insecure-oidc-skip-nonce=false"]),
  ]);
});
afterAll(() => Promise.all([door.stop(), perRequest.stop()]));
beforeEach(() => {
  Object.assign(door.provider.settings, { user: "alice", sendIssuer: true, denyWith: undefined, idTokenClaims: {} });
});

/** A browser that was sent to the provider. */
async function start(at: Door, browser = new Browser()): Promise<{ browser: Browser; authorize: URL; state: string }> {
  const { location = "" } = await browser.request(`${at.url}/oauth2/start?rd=%2Fhome`);
  const authorize = new URL(location);
  return { browser, authorize, state: authorize.searchParams.get("state") ?? "" };
}

/** Where the provider sends a browser that follows this authorization request. */
async function callbackOf(at: Door, authorize: URL): Promise<string> {
  return `${at.url}/oauth2/callback?${await at.provider.authorize(authorize)}`;
}

function hasSession(browser: Browser): boolean {
  return browser.cookies.some(({ name }) => name === "_oauth2_proxy");
}

describe.each([
  ["one CSRF cookie", () => door],
  ["a CSRF cookie for each login", () => perRequest],
])("with %s", (_name, at) => {
  test("CVE-2017-1000069: the attacker's code and state in a victim's browser sign nobody in", async () => {
    const attacker = await start(at());
    const callback = await callbackOf(at(), attacker.authorize);
    const victim = new Browser();
    expect((await victim.request(callback)).status).toBe(403);
    expect(hasSession(victim)).toBe(false);
  });

  test("CVE-2017-1000069: … nor in one that has a login of its own under way", async () => {
    const attacker = await start(at());
    const victim = await start(at());
    const callback = await callbackOf(at(), attacker.authorize);
    expect((await victim.browser.request(callback)).status).toBe(403);
    expect(hasSession(victim.browser)).toBe(false);
  });

  test("CVE-2017-1000069: the attacker's code under the victim's own state is refused for its nonce", async () => {
    const attacker = await start(at());
    const victim = await start(at());
    const parameters = await at().provider.authorize(attacker.authorize);
    parameters.set("state", victim.state);
    const answer = await victim.browser.request(`${at().url}/oauth2/callback?${parameters}`);
    expect(answer.status).toBeGreaterThanOrEqual(403);
    expect(hasSession(victim.browser)).toBe(false);
  });

  test("weak spot 11: no code is redeemed before the state is compared", async () => {
    const attacker = await start(at());
    const callback = await callbackOf(at(), attacker.authorize);
    const before = at().provider.requests.token;
    await new Browser().request(callback);
    const victim = await start(at());
    await victim.browser.request(callback);
    for (const state of ["", "x", ":/", `${"A".repeat(43)}:/`, `${victim.state.slice(0, 8)}:/`]) {
      await victim.browser.request(`${at().url}/oauth2/callback?code=c&state=${encodeURIComponent(state)}`);
    }
    expect(at().provider.requests.token).toBe(before);
  });

  test("a callback that was used signs nobody in again, even with its cookie", async () => {
    const { browser, authorize } = await start(at());
    const callback = await callbackOf(at(), authorize);
    const cookie = cookiesOf(browser, at());
    expect((await browser.request(callback)).status).toBe(302);
    const before = at().provider.requests.token;
    const again = await ask(callback, { cookie });
    expect(again.status).toBe(403);
    expect(at().provider.requests.token).toBe(before);
  });

  test("two tabs of one browser both come back, each to its own login", async () => {
    const first = await start(at());
    const second = await start(at(), first.browser);
    const [one, two] = [await callbackOf(at(), first.authorize), await callbackOf(at(), second.authorize)];
    expect((await first.browser.request(one)).status).toBe(302);
    expect((await first.browser.request(two)).status).toBe(302);
  });

  test("a CSRF cookie that a sibling host planted does not stand in for the browser's own", async () => {
    const attacker = await start(at());
    const victim = await start(at());
    const planted = cookiesOf(attacker.browser, at());
    const own = await callbackOf(at(), victim.authorize);
    const both = await ask(own, { cookie: `${planted}; ${cookiesOf(victim.browser, at())}` });
    expect(both.status).toBe(302);
    const other = await start(at());
    const callback = await callbackOf(at(), other.authorize);
    expect((await ask(callback, { cookie: planted })).status).toBe(403);
  });

  test("a session cookie is no CSRF cookie, and a CSRF cookie no session", async () => {
    const { browser } = await start(at());
    const csrf = browser.cookies.find(({ name }) => name.endsWith("_csrf"));
    expect(csrf).toBeDefined();
    for (const value of [
      csrf?.value,
      `_csrf${csrf?.value}`,
      `${csrf?.name.slice("_oauth2_proxy".length)}${csrf?.value}`,
    ]) {
      expect(await isSignedIn(at(), `_oauth2_proxy=${value}`)).toBe(false);
    }
  });
});

test("weak spot 11, RFC 9207: the answer of another issuer is refused before its code is sent anywhere", async () => {
  door.provider.settings.sendIssuer = "https://evil.test";
  const { browser, authorize } = await start(door);
  const before = door.provider.requests.token;
  expect((await browser.request(await callbackOf(door, authorize))).status).toBeGreaterThanOrEqual(403);
  expect(door.provider.requests.token).toBe(before);
  expect(hasSession(browser)).toBe(false);
});

test("weak spot 11: an ID token with another nonce, or none, is refused where nonces are asked for", async () => {
  for (const nonce of ["another", undefined]) {
    door.provider.settings.idTokenClaims = { nonce };
    const { browser, authorize } = await start(door);
    expect((await browser.request(await callbackOf(door, authorize))).status).toBe(403);
    expect(hasSession(browser)).toBe(false);
  }
});

test("weak spot 11: with PKCE a code that leaked is worth nothing in the attacker's own login", async () => {
  const victim = await start(door);
  const leaked = (await door.provider.authorize(victim.authorize)).get("code") ?? "";
  const attacker = await start(door);
  const query = new URLSearchParams({ code: leaked, state: attacker.state });
  expect((await attacker.browser.request(`${door.url}/oauth2/callback?${query}`)).status).toBe(500);
  expect(hasSession(attacker.browser)).toBe(false);
});

test("weak spot 15: logins that nobody finishes do not pile up in a browser until it is refused for its cookies", async () => {
  const browser = new Browser();
  for (let count = 0; count < 60; count += 1) await start(perRequest, browser);
  expect(browser.cookies.length).toBeLessThanOrEqual(21);
  const { authorize } = await start(perRequest, browser);
  expect((await browser.request(await callbackOf(perRequest, authorize))).status).toBe(302);
});

test("weak spot 20: the provider's error text is neither a format string nor markup", async () => {
  const text = '%s%d%!v(MISSING)<script>alert(1)</script>"onload="x';
  const answer = await ask(`${door.url}/oauth2/callback?error=${encodeURIComponent(text)}`);
  const body = await answer.text();
  expect(answer.status).toBe(403);
  expect(body).not.toContain("<script>alert");
  expect(body).not.toContain('"onload="');
  expect(body).not.toMatch(/EXTRA|%!s|%!d/);
});
