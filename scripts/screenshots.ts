/** Makes `docs/pages/<page>-<desktop|phone>-<light|dark>.png` from the pages themselves. Needs Chromium. */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { type Browser, chromium } from "playwright-core";

import { CHROMIUM } from "../test/support/chromium.ts";
import { SAMPLE_PAGES, serveSamplePages } from "../test/support/page-samples.ts";

const FOLDER = join(import.meta.dir, "..", "docs", "pages");
const SCREENS = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } } as const;
const SCHEMES = ["light", "dark"] as const;
const MAX_BYTES = 60_000;

type Screen = keyof typeof SCREENS;
type Scheme = (typeof SCHEMES)[number];

const wanted = process.argv.slice(2);
mkdirSync(FOLDER, { recursive: true });
const server = serveSamplePages();
const browser = await chromium.launch(CHROMIUM);
for (const screen of Object.keys(SCREENS) as Screen[])
  for (const scheme of SCHEMES) await shoot(browser, screen, scheme);
await browser.close();
await server.stop();

async function shoot(chrome: Browser, screen: Screen, scheme: Scheme): Promise<void> {
  const context = await chrome.newContext({
    viewport: SCREENS[screen],
    deviceScaleFactor: 1,
    colorScheme: scheme,
    locale: "en",
  });
  const page = await context.newPage();
  for (const name of Object.keys(SAMPLE_PAGES).filter((one) => wanted.length === 0 || wanted.includes(one))) {
    await page.goto(`${server.url}/${name}`);
    const path = join(FOLDER, `${name}-${screen}-${scheme}.png`);
    await page.screenshot({ path, caret: "hide" });
    const { size } = statSync(path);
    if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes, more than ${MAX_BYTES}`);
  }
  await context.close();
}
