import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";

import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { CHROMIUM } from "../support/chromium.ts";
import { COOKIE_SECRET, type DropIn, dropInFlags, startDropIn } from "../support/drop-in.ts";
import type { FakeProvider } from "../support/fake-provider.ts";
import { freePort, type GatehouseProcess, spawnGatehouse, untilAnswering } from "../support/gatehouse.ts";
import { needs } from "../support/needs.ts";
import { startProviderWithAButton } from "../support/provider-with-a-button.ts";

/** What people do at `gatehouse oauth2-proxy` with a browser, an application behind it and a provider beside it. */

const SLOW = 60_000;

describe.skipIf(!needs("chromium", existsSync(CHROMIUM.executablePath)))("the drop-in, in Chromium", () => {
  let browser: Browser;
  let provider: FakeProvider;
  let hello: GatehouseProcess;
  let gate: DropIn;
  let gatePerLogin: DropIn;
  const complaints: string[] = [];

  beforeAll(async () => {
    const helloPort = await freePort();
    hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`, "--sign-out-url", "/oauth2/sign_out"]);
    provider = await startProviderWithAButton();
    provider.users["many"] = {
      ...provider.users["alice"],
      sub: "id-of-many",
      email: "many@example.com",
      groups: ["admins", ...Array.from({ length: 150 }, () => randomBytes(15).toString("base64url"))],
    };
    await untilAnswering(`http://127.0.0.1:${helloPort}/`, hello);
    const flags = [
      ...dropInFlags(provider),
      `--upstream=http://127.0.0.1:${helloPort}`,
      "--allowed-group=admins",
      "--scope=openid email profile groups",
      "--htpasswd-file=users",
      "--htpasswd-user-group=admins",
      "--cookie-domain=.demo.localhost",
      "--cookie-domain=localhost.test",
    ];
    const files = { users: `bea:${await hashPassword("correct horse", "bcrypt")}\n` };
    gate = await startDropIn(flags, { files });
    gatePerLogin = await startDropIn([...flags, "--cookie-csrf-per-request"], { files });
    browser = await chromium.launch({
      ...CHROMIUM,
      args: [...CHROMIUM.args, "--host-resolver-rules=MAP *.test 127.0.0.1"],
    });
  }, SLOW);

  afterAll(async () => {
    await browser.close();
    await Promise.all([gate.stop(), gatePerLogin.stop(), hello.end(), provider.stop()]);
  });

  const at = (path: string, { port }: DropIn = gate): string => `http://app.demo.localhost:${port}${path}`;

  async function newContext(): Promise<BrowserContext> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en" });
    context.on("console", (message) => complaints.push(message.text()));
    context.on("weberror", (error) => complaints.push(String(error.error())));
    return context;
  }

  /** A 4xx that is a page is reported as a failed load; everything else is a mistake of ours. */
  const mistakes = (): readonly string[] => complaints.filter((line) => !/status of 4\d\d/.test(line));

  const signInAtProvider = async (page: Page): Promise<void> => {
    await page.getByRole("button", { name: "Sign in with OpenID Connect" }).click();
    await page.getByRole("link", { name: "Continue" }).click();
  };

  async function signedIn(user = "alice"): Promise<{ readonly context: BrowserContext; readonly page: Page }> {
    provider.settings.user = user;
    const context = await newContext();
    const page = await context.newPage();
    await page.goto(at("/page?a=1&b=%2F2"));
    await signInAtProvider(page);
    await page.waitForURL(at("/page?a=1&b=%2F2"));
    return { context, page };
  }

  const ownCookies = async (context: BrowserContext): Promise<readonly string[]> =>
    (await context.cookies()).map(({ name }) => name).toSorted();

  test(
    "somebody signs in at the provider, reads on where they were, and signs out",
    async () => {
      const { context, page } = await signedIn();
      expect(await page.locator("main").innerText()).toContain("alice@example.com");
      expect(await ownCookies(context)).toEqual(["_oauth2_proxy"]);
      await page.getByRole("link", { name: "Sign out" }).click();
      await page.getByRole("button", { name: "Sign in with OpenID Connect" }).waitFor();
      expect(await ownCookies(context)).toEqual([]);
      await page.goBack();
      await page.reload();
      await page.getByRole("button", { name: "Sign in with OpenID Connect" }).waitFor();
      expect(mistakes()).toEqual([]);
      await context.close();
    },
    SLOW,
  );

  test(
    "the part after # is there again after signing in",
    async () => {
      provider.settings.user = "alice";
      const context = await newContext();
      const page = await context.newPage();
      await page.goto(at("/page?a=1#/deep/link"));
      await signInAtProvider(page);
      await page.waitForURL(at("/page?a=1#/deep/link"));
      await context.close();
    },
    SLOW,
  );

  test(
    "with nothing but the keyboard: mistype, read why, sign in by password, sign out",
    async () => {
      const context = await newContext();
      const page = await context.newPage();
      await page.goto(at("/wiki"));
      for (const key of ["Tab", "Tab"]) await page.keyboard.press(key);
      await page.keyboard.type("bea");
      await page.keyboard.press("Tab");
      await page.keyboard.type("wrong");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#username:focus");
      expect(await page.getByRole("alert").innerText()).toContain("Invalid Username or Password");
      await page.keyboard.type("bea");
      await page.keyboard.press("Tab");
      await page.keyboard.type("correct horse");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.waitForURL(at("/wiki"));
      expect(await page.locator("main").innerText()).toContain("bea");
      await page.getByRole("link", { name: "Sign out" }).focus();
      await page.keyboard.press("Enter");
      await page.waitForSelector("#username");
      expect(mistakes()).toEqual([]);
      await context.close();
    },
    SLOW,
  );

  test(
    "a provider that says no, then yes: the error page leads back to the start",
    async () => {
      provider.settings.user = "alice";
      provider.settings.denyWith = "access_denied";
      const context = await newContext();
      const page = await context.newPage();
      await page.goto(at("/page?x=1"));
      await signInAtProvider(page);
      await page.getByText("access_denied").waitFor();
      expect(new URL(page.url()).pathname).toBe("/oauth2/callback");
      provider.settings.denyWith = undefined;
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("button", { name: "Sign in with OpenID Connect" }).waitFor();
      await signInAtProvider(page);
      // Where they were is not known any more there, as in the original.
      await page.waitForURL(at("/"));
      expect(mistakes()).toEqual([]);
      await context.close();
    },
    SLOW,
  );

  test(
    "somebody who may not enter is told so with 403, and can come as somebody else",
    async () => {
      provider.settings.user = "bob";
      const context = await newContext();
      const page = await context.newPage();
      await page.goto(at("/page"));
      await page.getByRole("button", { name: "Sign in with OpenID Connect" }).click();
      const callback = page.waitForResponse((response) => response.url().includes("/oauth2/callback"));
      await page.getByRole("link", { name: "Continue" }).click();
      expect((await callback).status()).toBe(403);
      expect(await page.locator("h1").innerText()).toContain("Forbidden");
      expect(await ownCookies(context)).toEqual([]);
      provider.settings.user = "alice";
      await page.goto(at("/page"));
      await signInAtProvider(page);
      await page.waitForURL(at("/page"));
      expect(mistakes()).toEqual([]);
      await context.close();
    },
    SLOW,
  );

  for (const [name, which] of [
    ["one cookie for all", () => gate],
    ["a cookie for each login", () => gatePerLogin],
  ] as const) {
    test(
      `three tabs sign in at the same time, with ${name}: each ends where it began`,
      async () => {
        provider.settings.user = "alice";
        const context = await newContext();
        const paths = ["/one?n=1", "/two?n=2", "/three?n=3"];
        const tabs: (readonly [Page, string])[] = [];
        for (const path of paths) {
          const page = await context.newPage();
          await page.goto(at(path, which()));
          await page.getByRole("button", { name: "Sign in with OpenID Connect" }).click();
          await page.getByRole("link", { name: "Continue" }).waitFor();
          tabs.push([page, path]);
        }
        for (const [page, path] of tabs.toReversed()) {
          await page.getByRole("link", { name: "Continue" }).click();
          await page.waitForURL(at(path, which()));
          expect(await page.locator("main").innerText()).toContain("alice@example.com");
        }
        expect(await ownCookies(context)).toEqual(["_oauth2_proxy"]);
        expect(mistakes()).toEqual([]);
        await context.close();
      },
      SLOW,
    );
  }

  test(
    "a session too large for one cookie lies in several, works, and goes with all its parts",
    async () => {
      const { context, page } = await signedIn("many");
      const cookies = await context.cookies();
      const parts = cookies.filter(({ name }) => /^_oauth2_proxy_\d+$/.test(name));
      expect(parts.length).toBeGreaterThan(1);
      expect(cookies.length).toBe(parts.length);
      for (const { name, value } of parts) expect(name.length + value.length).toBeLessThanOrEqual(4096);
      expect(await page.locator("main").innerText()).toContain("many@example.com");
      await page.reload();
      expect(await page.locator("main").innerText()).toContain("many@example.com");
      await page.getByRole("link", { name: "Sign out" }).click();
      await page.getByRole("button", { name: "Sign in with OpenID Connect" }).waitFor();
      expect(await ownCookies(context)).toEqual([]);
      // A small session after a large one: no part of the large one is left to be read.
      provider.settings.user = "alice";
      await signInAtProvider(page);
      await page.locator("main").waitFor();
      expect(await ownCookies(context)).toEqual(["_oauth2_proxy"]);
      await context.close();
    },
    SLOW,
  );

  test(
    "sibling hosts share the session, and a cookie is gone from both after signing out at one",
    async () => {
      const { context, page } = await signedIn();
      const sibling = `http://other.demo.localhost:${gate.port}/there`;
      await page.goto(sibling);
      expect(await page.locator("main").innerText()).toContain("alice@example.com");
      await page.goto(`http://other.demo.localhost:${gate.port}/oauth2/sign_out`);
      await page.goto(at("/page"));
      await page.getByRole("button", { name: "Sign in with OpenID Connect" }).waitFor();
      await context.close();
    },
    SLOW,
  );

  test(
    "on a host that no cookie domain fits, the browser keeps nothing: a page says so, and nothing goes round in circles",
    async () => {
      provider.settings.user = "alice";
      const context = await newContext();
      const page = await context.newPage();
      await page.goto(`http://elsewhere.test:${gate.port}/page`);
      await page.getByRole("button", { name: "Sign in with OpenID Connect" }).click();
      const callback = page.waitForResponse((response) => response.url().includes("/oauth2/callback"));
      await page.getByRole("link", { name: "Continue" }).click();
      expect((await callback).status()).toBe(403);
      expect(await page.locator("main").innerText()).toContain("CSRF");
      expect(await ownCookies(context)).toEqual([]);
      await context.close();
    },
    SLOW,
  );

  test(
    "a link from another site to the sign-out asks first",
    async () => {
      const { context, page } = await signedIn();
      await page.goto("data:text/html,<title>other site</title>");
      const link = `http://app.demo.localhost:${gate.port}/oauth2/sign_out`;
      const other = Bun.serve({
        hostname: "127.0.0.1",
        port: 0,
        fetch: () =>
          new Response(`<link rel="icon" href="data:,"><a href="${link}">win</a>`, {
            headers: { "Content-Type": "text/html" },
          }),
      });
      await page.goto(other.url.href);
      await page.getByText("win").click();
      await page.getByRole("button", { name: "Sign out" }).waitFor();
      expect(await ownCookies(context)).toEqual(["_oauth2_proxy"]);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("button", { name: "Sign in with OpenID Connect" }).waitFor();
      expect(await ownCookies(context)).toEqual([]);
      expect(mistakes()).toEqual([]);
      await other.stop(true);
      await context.close();
    },
    SLOW,
  );

  test("no cookie and no page holds the secret of the cookies", async () => {
    const { context, page } = await signedIn();
    const cookies = (await context.cookies()).map(({ value }) => value).join(" ");
    expect(cookies + (await page.content()) + gate.process.output()).not.toContain(COOKIE_SECRET);
    for (const { httpOnly, sameSite } of await context.cookies()) expect([httpOnly, sameSite]).toEqual([true, "Lax"]);
    await context.close();
  });
});
