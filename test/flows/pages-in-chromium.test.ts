import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";

import { type Browser, chromium, type Page } from "playwright-core";

import { CHROMIUM } from "../support/chromium.ts";
import { needs } from "../support/needs.ts";
import { SAMPLE_PAGES, serveSamplePages } from "../support/page-samples.ts";

const NAMES = Object.keys(SAMPLE_PAGES);
const SLOW = 30_000;

describe.skipIf(!needs("chromium", existsSync(CHROMIUM.executablePath)))("the pages in Chromium", () => {
  let browser: Browser;
  let server: ReturnType<typeof serveSamplePages>;
  const complaints: string[] = [];

  beforeAll(async () => {
    server = serveSamplePages();
    browser = await chromium.launch(CHROMIUM);
  }, SLOW);

  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  async function visit(name: string, options: { width?: number; locale?: string } = {}): Promise<Page> {
    const page = await browser.newPage({
      viewport: { width: options.width ?? 1280, height: 740 },
      locale: options.locale ?? "en",
    });
    page.on("console", (message) => complaints.push(`${name}: ${message.text()}`));
    page.on("requestfailed", (request) => complaints.push(`${name}: ${request.url()}`));
    await page.goto(`${server.url}/${name}`);
    return page;
  }

  test.each(NAMES)(
    "%s fits on 320 px, in the longer language too, and its style is in force",
    async (name) => {
      for (const locale of ["en", "de"]) {
        const page = await visit(name, { width: 320, locale });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
        const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        expect(background).toBe("rgb(244, 245, 246)");
        await page.close();
      }
      // The browser complains about what its policy blocked. A 401 that is a page is reported as a failed load.
      expect(complaints.filter((line) => !line.includes("status of 4"))).toEqual([]);
    },
    SLOW,
  );

  test.each(NAMES)(
    "every input and button of %s has a name",
    async (name) => {
      const page = await visit(name);
      const nameless = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input:not([type=hidden]), textarea")]
          .filter((input) => (input.labels?.[0]?.textContent ?? "").trim() === "")
          .map((input) => input.outerHTML),
      );
      expect(nameless).toEqual([]);
      for (const control of await page.locator("a[href], button").all()) {
        expect((await control.innerText()).trim()).not.toBe("");
      }
      await page.close();
    },
    SLOW,
  );

  test(
    "the tab key goes from top to bottom, and one sees where it is",
    async () => {
      const page = await visit("sign-in-choice");
      await page.waitForSelector("input:focus"); // autofocus comes with the first frame, after `load`
      expect(await focused(page)).toBe("username");
      await page.evaluate(() => (document.activeElement as HTMLElement).blur());
      await page.locator("h1").click();
      const stops: string[] = [];
      for (let step = 0; step < 5; step += 1) {
        await page.keyboard.press("Tab");
        stops.push(await focused(page));
        expect(await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)).toBe("solid");
      }
      expect(stops).toEqual(["/start?c=github", "/start?c=corp", "username", "password", "Sign in"]);
      await page.close();
    },
    SLOW,
  );

  test(
    "after a wrong password the field has the focus and says why",
    async () => {
      const page = await visit("sign-in-wrong");
      await page.waitForSelector("input:focus");
      expect(await focused(page)).toBe("password");
      const description = await page.evaluate(
        () => document.getElementById(document.activeElement!.getAttribute("aria-describedby")!)?.textContent,
      );
      expect(description).toBe("That did not match. Check both fields and try again.");
      expect(await page.inputValue("[name=username]")).toBe("alice@example.com");
      expect(await page.locator("[role=alert]").count()).toBe(1);
      await page.close();
    },
    SLOW,
  );

  test(
    "from right to left nothing falls out of the page",
    async () => {
      for (const name of NAMES) {
        const page = await visit(name, { width: 360 });
        await page.evaluate(() => document.documentElement.setAttribute("dir", "rtl"));
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
        await page.close();
      }
    },
    SLOW,
  );
});

/** What has the focus: its field name, link, or words. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("name") ?? element?.getAttribute("href") ?? element?.textContent?.trim() ?? "";
  });
}
