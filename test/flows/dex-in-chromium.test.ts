import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";

import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

import { focusedIn, obstacles, readAloud, type Spoken } from "../support/accessibility.ts";
import { CHROMIUM } from "../support/chromium.ts";
import { askForCodes, poll, send } from "../support/device.ts";
import { type DexServer, JANE, startDexServer } from "../support/dex-server.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";

const SLOW = 60_000;
const OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob";

const CONNECTORS = [
  { type: "mockCallback", id: "long", name: "The Identity Federation of Universities and Research Institutions" },
  { type: "mockCallback", id: "unbroken", name: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" },
  { type: "mockCallback", id: "arabic", name: "تسجيل الدخول" },
];

const ENGLISH = { connector: "Continue with Email", field: "Email Address" };
const GERMAN = { connector: "Weiter mit Email", field: "E-Mail-Adresse" };

/** An application that shows what it was told. */
function startApplication(): ReturnType<typeof Bun.serve> {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => new Response(`${request.method} ${await request.text()}`),
  });
}

// No page needs a script: none runs in these browsers.
describe.skipIf(!needs("chromium", existsSync(CHROMIUM.executablePath)))("a person with a keyboard", () => {
  let browser: Browser;
  let application: ReturnType<typeof startApplication>;
  let server: DexServer;
  let callback: string;

  beforeAll(async () => {
    application = startApplication();
    callback = `http://127.0.0.1:${application.port}/callback`;
    const desk = { id: "desk", name: "Desk", public: true, redirectURIs: [callback, OUT_OF_BAND] };
    server = await startDexServer({ connectors: CONNECTORS, staticClients: [desk] });
    browser = await chromium.launch(CHROMIUM);
  }, SLOW);

  afterAll(async () => {
    await browser.close();
    await Promise.all([application.stop(true), server.stop()]);
  });

  async function openBrowser(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ locale: "en", javaScriptEnabled: false, ...options });
    return context.newPage();
  }

  /** Where the application sends people. */
  function requestAt(path: string, more: Readonly<Record<string, string>> = {}): string {
    const query = { client_id: "desk", redirect_uri: callback, response_type: "code", state: "s1", ...more };
    return `${server.issuer}${path}?${new URLSearchParams({ scope: "openid profile email", ...query })}`;
  }

  async function signIn(page: Page, words: { readonly connector: string; readonly field: string }): Promise<void> {
    await tabTo(page, "link", words.connector);
    await page.keyboard.press("Enter");
    await untilFocused(page, words.field);
    expect(await obstacles(page)).toEqual([]);
    await page.keyboard.type(JANE.email);
    await page.keyboard.press("Tab");
    await page.keyboard.type(JANE.password);
    await page.keyboard.press("Enter");
  }

  test(
    "chooses a connector, mistypes the password, corrects it, approves, and arrives",
    async () => {
      const page = await openBrowser();
      await page.goto(requestAt("/auth"));
      await arriveAt(page, "Sign in");
      await tabTo(page, "link", "Continue with Email");
      await page.keyboard.press("Enter");
      await untilFocused(page, "Email Address");
      expect(await obstacles(page)).toEqual([]);
      await page.keyboard.type(JANE.email);
      await page.keyboard.press("Tab");
      await page.keyboard.type("wrong");
      await page.keyboard.press("Enter");

      const problem = "That did not match. Check both fields and try again.";
      await page.getByRole("alert").waitFor();
      expect(await obstacles(page)).toEqual([]);
      expect(await untilFocused(page, "Password")).toMatchObject({ description: problem, invalid: true });
      expect(await page.inputValue("[name=login]")).toBe(JANE.email);
      await page.keyboard.type(JANE.password);
      await page.keyboard.press("Enter");

      await arriveAt(page, "Allow Desk to use your account?");
      expect(await namesOf(page, "list")).toEqual(["It will be able to:"]);
      expect(await page.getByRole("listitem").allInnerTexts()).toEqual([
        "Know that it is you",
        "See your name and user name",
        "See your email address",
      ]);
      await tabTo(page, "button", "Allow");
      await page.keyboard.press("Enter");
      await page.waitForURL(`${callback}?**`);
      const { state, code = "" } = Object.fromEntries(new URL(page.url()).searchParams);
      expect(state).toBe("s1");
      expect((await redeem(code, callback)).status).toBe(200);
      await page.context().close();
    },
    SLOW,
  );

  test(
    "says no in German, and the application is told",
    async () => {
      const page = await openBrowser({ locale: "de-AT" });
      await page.goto(requestAt("/auth"));
      await arriveAt(page, "Anmelden");
      expect(await page.getAttribute("html", "lang")).toBe("de");
      await signIn(page, GERMAN);
      await arriveAt(page, "Darf Desk Ihr Konto benutzen?");
      await tabTo(page, "button", "Nicht erlauben");
      await page.keyboard.press("Enter");
      await page.waitForURL(`${callback}?**`);
      expect(new URL(page.url()).searchParams.get("error")).toBe("access_denied");
      await page.context().close();
    },
    SLOW,
  );

  test(
    "sends a posted answer on by hand",
    async () => {
      const page = await openBrowser({ locale: "de" });
      await page.goto(requestAt("/auth", { response_mode: "form_post" }));
      await signIn(page, GERMAN);
      await arriveAt(page, "Darf Desk Ihr Konto benutzen?");
      await tabTo(page, "button", "Erlauben");
      await page.keyboard.press("Enter");
      await arriveAt(page, "Einen Moment");
      await tabTo(page, "button", "Weiter");
      await page.keyboard.press("Enter");
      await page.waitForURL(callback);
      expect(await page.innerText("body")).toMatch(/^POST code=.*&state=s1/);
      await page.context().close();
    },
    SLOW,
  );

  test(
    "carries a code over to a program that has no address",
    async () => {
      const page = await openBrowser();
      await page.goto(requestAt("/auth", { redirect_uri: OUT_OF_BAND }));
      await signIn(page, ENGLISH);
      await arriveAt(page, "Allow Desk to use your account?");
      await tabTo(page, "button", "Allow");
      await page.keyboard.press("Enter");
      await arriveAt(page, "You are signed in");
      await untilFocused(page, "Code");
      expect((await redeem(await page.inputValue("#code"), OUT_OF_BAND)).status).toBe(200);
      await page.context().close();
    },
    SLOW,
  );

  test(
    "mistypes a device's code, corrects it, and connects the device",
    async () => {
      const { deviceCode, userCode } = await askForCodes(server.issuer, { client_id: "cli" });
      const page = await openBrowser();
      await page.goto(`${server.issuer}/device`);
      await arriveAt(page, "Connect a device");
      await untilFocused(page, "Code");
      await page.keyboard.type("BBBB-BBBB");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").waitFor();
      expect(await obstacles(page)).toEqual([]);
      const problem = "This code is not known, or it has ended. Check it, or begin again on the device.";
      expect(await untilFocused(page, "Code")).toMatchObject({ description: problem, invalid: true });
      await page.keyboard.press("Control+A");
      await page.keyboard.type(userCode.toLowerCase());
      await page.keyboard.press("Enter");
      await arriveAt(page, "Sign in");
      await signIn(page, ENGLISH);
      await arriveAt(page, "Allow Command line to use your account?");
      await tabTo(page, "button", "Allow");
      await page.keyboard.press("Enter");
      await arriveAt(page, "Command line is connected");
      expect(await poll(server.issuer, deviceCode)).toMatchObject({ status: 200 });
      await page.context().close();
    },
    SLOW,
  );

  test(
    "compares a code that came with the link, says no, and the device is told",
    async () => {
      const { deviceCode, userCode } = await askForCodes(server.issuer, { client_id: "cli" });
      const page = await openBrowser({ locale: "de" });
      await page.goto(`${server.issuer}/device?user_code=${userCode}`);
      await arriveAt(page, "Ein Gerät verbinden");
      expect(await page.innerText(".lead")).toBe("Prüfen Sie, dass Ihr Gerät diesen Code zeigt.");
      await untilFocused(page, "Code");
      await page.keyboard.press("Enter");
      await arriveAt(page, "Anmelden");
      await signIn(page, GERMAN);
      await arriveAt(page, "Darf Command line Ihr Konto benutzen?");
      await tabTo(page, "button", "Nicht erlauben");
      await page.keyboard.press("Enter");
      await arriveAt(page, "Sie haben es nicht erlaubt");
      expect((await poll(server.issuer, deviceCode)).body).toMatchObject({ error: "access_denied" });
      await page.context().close();
    },
    SLOW,
  );

  test(
    "starts again where the upstream refused",
    async () => {
      const page = await openBrowser();
      // The upstream's own page is left out: only what it sends the browser back with.
      const departure = await page.context().request.get(requestAt("/auth/mock"), { maxRedirects: 0 });
      const back = new URL(departure.headers()["location"] ?? "", server.issuer);
      back.searchParams.delete("code");
      back.searchParams.set("error", "access_denied");
      await page.goto(back.href);
      await arriveAt(page, "Signing in did not work");
      await tabTo(page, "link", "Start again");
      await page.keyboard.press("Enter");
      await arriveAt(page, "Sign in");
      await tabTo(page, "link", "Continue with Mock");
      await page.context().close();
    },
    SLOW,
  );

  test.each([
    ["the issuer's own address", "", "This is where you sign in", "Hier melden Sie sich an"],
    ["an unknown client", "/auth?client_id=nobody", "This application is not known here", "Diese Anwendung ist"],
    [
      "an address that is not the client's",
      "/auth/local?client_id=desk&response_type=code&redirect_uri=https%3A%2F%2Fevil.example",
      "This application asked for an answer at an unknown address",
      "Diese Anwendung will die Antwort an eine unbekannte Adresse",
    ],
    [
      "a form left open too long",
      "/auth/local/login?state=gone",
      "This sign-in has ended",
      "Diese Anmeldung ist beendet",
    ],
    [
      "an approval that is over",
      "/approval?req=gone&hmac=AAAA",
      "This sign-in has ended",
      "Diese Anmeldung ist beendet",
    ],
  ])(
    "reads %s in both languages",
    async (_what, path, english, german) => {
      for (const [locale, title] of [
        ["en", english],
        ["de", german],
      ] as const) {
        const page = await openBrowser({ locale });
        await page.goto(`${server.issuer}${path}`);
        expect((await namesOf(page, "heading"))[0]).toStartWith(title);
        expect(await obstacles(page)).toEqual([]);
        await page.context().close();
      }
    },
    SLOW,
  );

  test(
    "finds long names whole on 320 px, with letters of twice the size, and nothing moves",
    async () => {
      for (const [width, letters] of [
        [320, 16],
        [640, 32],
      ] as const) {
        const page = await openBrowser({ locale: "de", viewport: { width, height: 640 }, reducedMotion: "reduce" });
        const session = await page.context().newCDPSession(page);
        await session.send("Page.setFontSizes", { fontSizes: { standard: letters } });
        for (const path of [requestAt("/auth"), requestAt("/auth/local"), `${server.issuer}/device`, server.issuer]) {
          await page.goto(path);
          expect(await page.evaluate(() => getComputedStyle(document.body).fontSize)).toBe(`${letters}px`);
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
          expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
        }
        await page.context().close();
      }
    },
    SLOW,
  );

  function redeem(code: string, redirectUri: string) {
    const form = { grant_type: "authorization_code", client_id: "desk", code, redirect_uri: redirectUri };
    return send(`${server.issuer}/token`, form);
  }
});

/** Wait for a page with this title, and see that everybody can use it. */
async function arriveAt(page: Page, title: string): Promise<void> {
  await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
  expect(await obstacles(page)).toEqual([]);
}

/** The first field takes the focus with the first frame, after the page has loaded. */
function untilFocused(page: Page, name: string): Promise<Spoken> {
  return until(`the focus on ${name}`, async () => {
    const focused = await focusedIn(page);
    return focused?.name === name && focused;
  });
}

async function namesOf(page: Page, role: string): Promise<readonly string[]> {
  return (await readAloud(page)).filter((one) => one.role === role).map(({ name }) => name);
}

/** Press Tab until this has the focus; one sees where the focus is at every stop. */
async function tabTo(page: Page, role: string, name: string): Promise<void> {
  for (let stops = 0; stops < 12; stops += 1) {
    await page.keyboard.press("Tab");
    const focused = await focusedIn(page);
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
    expect([focused?.name, outline]).toEqual([focused?.name, "solid"]);
    if (focused?.role === role && focused.name === name) return;
  }
  throw new Error(`no ${role} named ${name} by the Tab key on ${page.url()}`);
}
