import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";

import { type Browser, chromium } from "playwright-core";

import { createPages } from "../../src/pages/create-pages.ts";
import { CHROMIUM } from "../support/chromium.ts";
import { needs } from "../support/needs.ts";

const SLOW = 30_000;
const pages = createPages({
  branding: { name: "Gatehouse" },
  readFile: () => new Uint8Array(),
  pathPrefix: "/static",
});

/** The gate and an application on another site, on one port. */
function serveTwoSites(): { readonly gate: string; readonly app: string; stop(): Promise<void> } {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname, port } = new URL(request.url);
      const app = `http://app.localhost:${port}`;
      if (request.method === "POST") return Response.redirect(`${app}/landed`, 303);
      if (pathname === "/sign-in") return signIn(request);
      if (pathname === "/approval") {
        return pages.approval(request, { clientName: "Wiki", scopes: [], userName: "alice", hidden: { req: "r" } });
      }
      return new Response(pathname, { headers: { "Content-Type": "text/html" } });
    },
  });
  const origin = (host: string): string => `http://${host}.localhost:${server.port}`;
  return { gate: origin("gate"), app: origin("app"), stop: () => server.stop(true) };
}

function signIn(request: Request): Response {
  const form = { action: "/sign_in", prompt: "User", usernameField: "username", username: "", hidden: {} } as const;
  return pages.signIn(request, { status: 200, connectors: [], forms: [form] });
}

describe.skipIf(!needs("chromium", existsSync(CHROMIUM.executablePath)))("pages lead on to other hosts", () => {
  let browser: Browser;
  let sites: ReturnType<typeof serveTwoSites>;

  beforeAll(async () => {
    sites = serveTwoSites();
    browser = await chromium.launch(CHROMIUM);
  }, SLOW);

  afterAll(async () => {
    await browser.close();
    await sites.stop();
  });

  test(
    "a form's post may be redirected to the application: no form-action stands in the way",
    async () => {
      const page = await browser.newPage();
      await page.goto(`${sites.gate}/sign-in`);
      await page.fill("[name=username]", "alice");
      await page.fill("[name=password]", "secret");
      await page.keyboard.press("Enter");
      await page.waitForURL(`${sites.app}/landed`);
      await page.goto(`${sites.gate}/approval`);
      await page.getByRole("button", { name: "Allow", exact: true }).click();
      await page.waitForURL(`${sites.app}/landed`);
      await page.close();
    },
    SLOW,
  );

  test(
    "a sign-in in a window of its own comes back to the window that opened it",
    async () => {
      const page = await browser.newPage();
      await page.goto(`${sites.app}/`);
      const opened = page.waitForEvent("popup");
      await page.evaluate((url) => void window.open(url, "sign-in", "width=400,height=600"), `${sites.gate}/sign-in`);
      const popup = await opened;
      await popup.fill("[name=username]", "alice");
      await popup.fill("[name=password]", "secret");
      await popup.keyboard.press("Enter");
      await popup.waitForURL(`${sites.app}/landed`);
      expect(await popup.evaluate(() => (window.opener as Window | null)?.location.pathname)).toBe("/");
      await page.close();
    },
    SLOW,
  );
});
