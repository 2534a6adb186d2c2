/** Makes `docs/pages/<page>-<desktop|phone>-<light|dark>.png` from the pages themselves. Needs Chromium. */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { type Browser, chromium } from "playwright-core";

import { CHROMIUM } from "../test/support/chromium.ts";
import { ORIGINAL_SAMPLE_PAGES, serveOriginalSamplePages } from "../test/support/original-page-samples.ts";
import { SAMPLE_PAGES, serveSamplePages } from "../test/support/page-samples.ts";

const FOLDER = join(import.meta.dir, "..", "docs", "pages");
const SCREENS = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 740 } } as const;
const SCHEMES = ["light", "dark"] as const;
const MAX_BYTES = 60_000;

type Screen = keyof typeof SCREENS;
type Scheme = (typeof SCHEMES)[number];

/** Pages and who serves them. */
interface Album {
  readonly pages: readonly string[];
  readonly url: string;
}

const wanted = process.argv.slice(2);
mkdirSync(FOLDER, { recursive: true });
const servers = [serveSamplePages(), serveOriginalSamplePages()] as const;
const albums: readonly Album[] = [
  { url: servers[0].url, pages: namesIn(SAMPLE_PAGES) },
  { url: servers[1].url, pages: namesIn(ORIGINAL_SAMPLE_PAGES) },
];
const browser = await chromium.launch(CHROMIUM);
for (const screen of Object.keys(SCREENS) as Screen[])
  for (const scheme of SCHEMES) for (const album of albums) await shoot(browser, album, { screen, scheme });
await browser.close();
await Promise.all(servers.map((server) => server.stop()));

function namesIn(pages: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(pages).filter((name) => wanted.length === 0 || wanted.includes(name));
}

async function shoot(
  chrome: Browser,
  { pages, url }: Album,
  { screen, scheme }: { readonly screen: Screen; readonly scheme: Scheme },
): Promise<void> {
  const context = await chrome.newContext({
    viewport: SCREENS[screen],
    deviceScaleFactor: 1,
    colorScheme: scheme,
    locale: "en",
  });
  const page = await context.newPage();
  for (const name of pages) {
    await page.goto(`${url}/${name}`);
    const path = join(FOLDER, `${name}-${screen}-${scheme}.png`);
    await page.screenshot({ path, caret: "hide" });
    const { size } = statSync(path);
    if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes, more than ${MAX_BYTES}`);
  }
  await context.close();
}
