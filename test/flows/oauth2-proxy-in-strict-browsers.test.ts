import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";

import { type Answer, Browser } from "../support/browser.ts";
import { type DropIn, dropInFlags, startDropIn } from "../support/drop-in.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";

/**
 * A browser that keeps to the letter of the rules for cookies, as Safari does: one without a domain goes back to its own host
 * only, one for a domain that is not the host's is dropped, and a secure one does not travel over plain HTTP.
 */

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
});
afterAll(() => provider.stop());

const running: DropIn[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function start(...flags: readonly string[]): Promise<DropIn> {
  const gate = await startDropIn([...dropInFlags(provider), "--upstream=static://200", ...flags]);
  running.push(gate);
  return gate;
}

const at = (host: string, { port }: DropIn, path: string): string => `http://${host}:${port}${path}`;
const signIn = (browser: Browser, gate: DropIn, host: string): Promise<Answer> =>
  browser.open(at(host, gate, "/oauth2/start?rd=/page"));
const who = async (browser: Browser, gate: DropIn, host: string): Promise<number> =>
  (await browser.request(at(host, gate, "/oauth2/auth"))).status;

test("without a cookie domain the session is that host's alone, and signing out removes it", async () => {
  const gate = await start();
  const browser = new Browser();
  expect((await signIn(browser, gate, "example.com")).status).toBe(200);
  expect(await who(browser, gate, "example.com")).toBe(202);
  for (const other of ["app.example.com", "example.com.evil.test", "other.test"]) {
    expect(await who(browser, gate, other)).toBe(401);
  }
  await browser.request(at("example.com", gate, "/oauth2/sign_out"));
  expect(browser.cookies).toEqual([]);
});

test("with several cookie domains each host gets its own, and signing out at a sibling removes it everywhere", async () => {
  const gate = await start("--cookie-domain=.example.com", "--cookie-domain=.sub.example.com,other.test");
  const browser = new Browser();
  await signIn(browser, gate, "a.example.com");
  await signIn(browser, gate, "a.sub.example.com");
  await signIn(browser, gate, "other.test");
  const domains = browser.cookies.map(({ domain, hostOnly }) => `${domain} ${hostOnly}`);
  expect(domains.toSorted()).toEqual(["example.com false", "other.test false", "sub.example.com false"]);
  expect(await who(browser, gate, "b.example.com")).toBe(202);
  await browser.request(at("b.example.com", gate, "/oauth2/sign_out"));
  expect(await who(browser, gate, "a.example.com")).toBe(401);
  expect(await who(browser, gate, "other.test")).toBe(202);
});

test("where the browser drops the cookies, somebody who signs in reads why, and is not sent round in circles", async () => {
  const wrongDomain = await start("--cookie-domain=example.com");
  const secure = await start("--cookie-secure=true", "--force-https=false");
  for (const gate of [wrongDomain, secure]) {
    const browser = new Browser();
    // The provider comes back to https where cookies are to be secure: there is none here.
    const begun = await browser.request(at("app.test", gate, "/oauth2/start?rd=/page"));
    const back = await provider.authorize(new URL(begun.location ?? ""));
    const page = await browser.open(at("app.test", gate, `/oauth2/callback?${back.toString()}`));
    expect([page.status, page.body]).toEqual([403, expect.stringContaining("CSRF")]);
    expect(await who(browser, gate, "app.test")).toBe(401);
  }
});

test("a cookie from before a domain was configured does not sign anybody in again", async () => {
  const [before, after] = [await start(), await start("--cookie-domain=example.com")];
  const browser = new Browser();
  await signIn(browser, before, "app.example.com");
  expect(await who(browser, after, "app.example.com")).toBe(202);
  await signIn(browser, after, "app.example.com");
  expect(browser.cookies.length).toBe(2);
  await browser.request(at("app.example.com", after, "/oauth2/sign_out"));
  expect(browser.cookies).toEqual([]);
  expect(await who(browser, after, "app.example.com")).toBe(401);
});
