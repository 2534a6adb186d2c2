import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";

import { type Browser, chromium, type Page } from "playwright-core";

import type { OAuth2ProxyPagesConfiguration } from "../../src/config/oauth2-proxy-configuration.ts";
import { createOriginalPages, type OriginalPages } from "../../src/pages/oauth2-proxy/create-original-pages.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { CHROMIUM } from "../support/chromium.ts";
import { needs } from "../support/needs.ts";

const SLOW = 30_000;

const TEMPLATE = `<!DOCTYPE html>
<html><head><title>Own</title><link rel="stylesheet" href="{{.ProxyPrefix}}/static/css/bulma.min.css">
<style>h1 { color: rgb(1, 2, 3) }</style></head>
<body><!-- ours --><h1>Own</h1><form method="GET" action="{{.ProxyPrefix}}/start"><input type="hidden" name="rd" value="{{.Redirect}}">
<button class="button is-primary">Go</button></form>
<script>var redirect = {{.Redirect}}; document.body.dataset.redirect = redirect;</script></body></html>`;

function make(pages: Partial<OAuth2ProxyPagesConfiguration>, showPasswordForm: boolean): OriginalPages {
  return createOriginalPages(
    {
      readFile: (path) => {
        if (path === "/t/sign_in.html") return new TextEncoder().encode(TEMPLATE);
        throw Object.assign(new Error(path), { code: "ENOENT" });
      },
      log: createLog({ format: "json", level: "error" }),
      pages: { routes: [] },
    },
    {
      pages: {
        templatesDir: "",
        banner: "",
        footer: "",
        logo: "",
        providerName: "OpenID Connect",
        showDebugOnError: false,
        ...pages,
      },
      pathPrefix: "/oauth2",
      showPasswordForm,
      emailDomains: ["example.com", "b.test"],
    },
  );
}

const HOSTILE = `/a?b="></script><script>document.body.dataset.hacked=1</script>`;

const plain = make({}, false);
const form = make({}, true);
const custom = make({ templatesDir: "/t" }, false);
const banner = make({ banner: "<p style='color:rgb(4,5,6)'>Hello <b>you</b></p>", footer: "<i>Foot</i>" }, true);

const ERROR = {
  status: 403,
  redirect: "/x?a=1",
  requestId: "0b3ae0b6-1111-4222-8333-444455556666",
  setCookies: [],
  message: "Login Failed: The upstream identity provider returned an error: access_denied",
};

const VIEWS: Readonly<Record<string, (request: Request) => Response>> = {
  plain: (request) => plain.signIn(request, { status: 200, redirect: "/x", setCookies: [] }),
  form: (request) => form.signIn(request, { status: 200, redirect: "/x#old", setCookies: [] }),
  wrong: (request) => form.signIn(request, { status: 401, redirect: "/x", setCookies: [] }),
  banner: (request) => banner.signIn(request, { status: 200, redirect: "/x", setCookies: [] }),
  error: (request) => plain.error(request, ERROR),
};

function serve(): { readonly url: string; stop(): Promise<void> } {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      const asset = pathname.startsWith("/oauth2/static/") ? plain.asset(pathname.slice(15)) : undefined;
      if (pathname === "/custom") return custom.signIn(request, { status: 200, redirect: HOSTILE, setCookies: [] });
      return asset ?? VIEWS[pathname.slice(1)]?.(request) ?? new Response(`at ${new URL(request.url).search}\n`);
    },
  });
  return { url: server.url.origin, stop: () => server.stop(true) };
}

describe.skipIf(!needs("chromium", existsSync(CHROMIUM.executablePath)))("the drop-in's pages in Chromium", () => {
  let browser: Browser;
  let server: ReturnType<typeof serve>;
  const complaints: string[] = [];

  beforeAll(async () => {
    server = serve();
    browser = await chromium.launch(CHROMIUM);
  }, SLOW);

  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  async function visit(path: string, options: { width?: number; locale?: string } = {}): Promise<Page> {
    const page = await browser.newPage({
      viewport: { width: options.width ?? 1280, height: 740 },
      locale: options.locale ?? "en",
    });
    page.on("console", (message) => complaints.push(`${path}: ${message.text()}`));
    await page.goto(`${server.url}/${path}`);
    return page;
  }

  /** The browser says what its policy blocked; a 4xx that is a page is reported as a failed load. */
  function blocked(): readonly string[] {
    return complaints.filter((line) => !line.includes("status of 4"));
  }

  test.each(Object.keys(VIEWS))(
    "%s fits on 320 px in every language, with its style, and every control has a name",
    async (name) => {
      for (const locale of ["en", "de"]) {
        const page = await visit(name, { width: 320, locale });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
        expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(244, 245, 246)");
        for (const input of await page.locator("input:not([type=hidden])").all()) {
          expect(await input.evaluate((one: HTMLInputElement) => one.labels?.[0]?.textContent?.trim())).toBeTruthy();
        }
        for (const control of await page.locator("a[href], button, summary").all()) {
          expect((await control.innerText()).trim()).not.toBe("");
        }
        await page.close();
      }
      expect(blocked()).toEqual([]);
    },
    SLOW,
  );

  test(
    "the keyboard goes from top to bottom",
    async () => {
      const page = await visit("form");
      const stops: string[] = [];
      for (let step = 0; step < 4; step += 1) {
        await page.keyboard.press("Tab");
        stops.push(
          await page.evaluate(() => document.activeElement?.id || (document.activeElement?.textContent ?? "").trim()),
        );
        expect(await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)).toBe("solid");
      }
      expect(stops).toEqual(["Sign in with OpenID Connect", "username", "password", "Sign in"]);
      await page.close();
    },
    SLOW,
  );

  test(
    "the part after # comes along, once",
    async () => {
      const page = await visit("form#/deep/link");
      const values = await page.evaluate(() =>
        [...document.getElementsByName("rd")].map((one) => (one as HTMLInputElement).value),
      );
      expect(values).toEqual(["/x#/deep/link", "/x#/deep/link"]);
      await page.close();
    },
    SLOW,
  );

  test(
    "after a wrong password the alert stands above the fields and belongs to them",
    async () => {
      const page = await visit("wrong");
      await page.waitForSelector("#username:focus");
      const alert = await page.locator("[role=alert]").boundingBox();
      const username = await page.locator("#username").boundingBox();
      expect(alert!.y + alert!.height).toBeLessThanOrEqual(username!.y);
      expect(await page.getAttribute("#username", "aria-describedby")).toBe("problem");
      await page.close();
    },
    SLOW,
  );

  test(
    "the way back from an error keeps the query",
    async () => {
      const page = await visit("error");
      await page.getByText("Go back").click();
      await page.waitForURL("**/x?a=1");
      await page.close();
    },
    SLOW,
  );

  test(
    "an operator's styles are in force in the banner, and in a template its script too, but nothing from the address",
    async () => {
      const shown = await visit("banner");
      expect(await shown.evaluate(() => getComputedStyle(document.querySelector(".banner p")!).color)).toBe(
        "rgb(4, 5, 6)",
      );
      await shown.close();
      const page = await visit("custom");
      expect(await page.evaluate(() => getComputedStyle(document.querySelector("h1")!).color)).toBe("rgb(1, 2, 3)");
      expect(await page.evaluate(() => getComputedStyle(document.querySelector(".button")!).backgroundColor)).toBe(
        "rgb(11, 110, 99)",
      );
      expect(await page.evaluate(() => document.body.dataset["redirect"])).toBe(HOSTILE);
      expect(await page.evaluate(() => document.body.dataset["hacked"])).toBeUndefined();
      expect(await page.inputValue("[name=rd]")).toBe(HOSTILE);
      expect(blocked()).toEqual([]);
      await page.close();
    },
    SLOW,
  );
});
