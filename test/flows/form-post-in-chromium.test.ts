import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";

import { type Browser, chromium } from "playwright-core";

import { CHROMIUM } from "../support/chromium.ts";
import { needs } from "../support/needs.ts";
import { SAMPLE_ROUTES, renderSampleFormPost } from "../support/page-samples.ts";

const SLOW = 30_000;

/** An application on another origin: it shows what was posted. */
function startApplication(): ReturnType<typeof Bun.serve> {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => new Response(`${request.method} ${await request.text()}`),
  });
}

describe.skipIf(!needs("chromium", existsSync(CHROMIUM.executablePath)))("an answer that is posted", () => {
  let browser: Browser;
  let application: ReturnType<typeof startApplication>;
  let provider: ReturnType<typeof startApplication>;

  beforeAll(async () => {
    application = startApplication();
    const action = `http://localhost:${application.port}/callback`;
    provider = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch(request) {
        const route = SAMPLE_ROUTES.find(({ path }) => path === new URL(request.url).pathname);
        return route?.handle(request, { address: () => "127.0.0.1" }, {}) ?? renderSampleFormPost(request, action);
      },
    });
    browser = await chromium.launch(CHROMIUM);
  }, SLOW);

  afterAll(async () => {
    await browser.close();
    await Promise.all([application.stop(true), provider.stop(true)]);
  });

  const POSTED = "POST code=a%26b&state=x%22y&submit=shadows";

  test(
    "goes to the application by itself",
    async () => {
      const page = await browser.newPage();
      await page.goto(provider.url.href);
      await page.waitForURL(`http://localhost:${application.port}/callback`);
      expect(await page.textContent("body")).toBe(POSTED);
      await page.close();
    },
    SLOW,
  );

  test(
    "goes there at a key press where no script runs",
    async () => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(provider.url.href);
      await page.getByRole("button", { name: "Continue" }).focus();
      await page.keyboard.press("Enter");
      await page.waitForURL(`http://localhost:${application.port}/callback`);
      expect(await page.textContent("body")).toBe(POSTED);
      await context.close();
    },
    SLOW,
  );
});
