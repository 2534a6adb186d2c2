import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { Browser } from "../support/browser.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import { startGatehouse } from "../support/gatehouse.ts";
import { until } from "../support/until.ts";

/** Another host of the cookie's domain, such as an application that was taken over, tries to sign people in as somebody else. */
const AUTH = "auth.gatehouse.localhost";
const SIBLING = "http://evil.gatehouse.localhost";
const passwordHash = await hashPassword("correct horse", "bcrypt");
const corp: FakeProvider = await startFakeProvider();

let gatehouse: Awaited<ReturnType<typeof startGatehouse>>;

beforeAll(async () => {
  gatehouse = await startGatehouse(
    ({ port, telemetryPort }) => `
publicUrl: http://${AUTH}:${port}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
cookie: { domain: gatehouse.localhost }
connectors:
  - { id: corp, type: oidc, name: Corp login, issuer: "${corp.issuer}", clientId: gatehouse, clientSecret: "${corp.clientSecret}" }
  - { id: local, type: local, users: [{ email: mallory@example.com, passwordHash: "${passwordHash}" }] }
clients:
  - { id: app, secret: "app secret", redirectUris: ["https://app.example.com/cb"] }
`,
  );
  await until("discovery", async () => {
    const ready = await fetch(`http://127.0.0.1:${gatehouse.telemetryPort}/readyz`);
    return (await ready.text()).includes('"ready"');
  });
});

afterAll(async () => {
  await gatehouse.stop();
  await corp.stop();
});

const FORM = { connector: "local", username: "mallory@example.com", password: "correct horse" };

async function postForm(browser: Browser, headers: Readonly<Record<string, string>>): Promise<number> {
  return (await browser.request(gatehouse.url(AUTH, "/oauth2/sign_in"), { form: FORM, headers })).status;
}

async function attackersSession(): Promise<string> {
  const browser = new Browser();
  await postForm(browser, { "sec-fetch-site": "same-origin" });
  return browser.cookies.find(({ name }) => name === "gatehouse_session")?.value ?? "";
}

async function isKnown(cookie: string): Promise<boolean> {
  const answer = await new Browser().request(gatehouse.url(AUTH, "/oauth2/userinfo"), { headers: { cookie } });
  return answer.status === 200;
}

describe("a sibling host", () => {
  test.each([
    ["a space", " "],
    ["a comma", ", "],
    ["a tab", "\t"],
  ])(
    "cannot hide a session in the value of another cookie, behind %s, where no name prefix protects it",
    async (_name, gap) => {
      const session = await attackersSession();
      expect(await isKnown(`gatehouse_session=${session}`)).toBe(true);
      expect(await isKnown(`theme=dark; gatehouse_session=${session}`)).toBe(true);
      expect(await isKnown(`theme=dark;gatehouse_session=${session}`)).toBe(true);
      expect(await isKnown(`theme=dark${gap}gatehouse_session=${session}`)).toBe(false);
    },
  );

  test("gets no cookie of a login in flight, so it can neither keep nor plant one", async () => {
    const start = await new Browser().request(gatehouse.url(AUTH, "/oauth2/start?connector=corp"));
    const cookies = start.headers.getSetCookie().filter((cookie) => cookie.startsWith("gatehouse_login_"));
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).not.toContain("Domain");
  });

  test.each([
    ["by Sec-Fetch-Site", { "sec-fetch-site": "same-site" }],
    ["by Sec-Fetch-Site of another site", { "sec-fetch-site": "cross-site" }],
    ["by Origin", { origin: SIBLING }],
    ["by an Origin that says nothing", { origin: "null" }],
    ["by the Origin of another port", { origin: `http://${AUTH}:1` }],
    ["by an Origin that begins like ours", { origin: `http://${AUTH}.evil.test` }],
  ])("cannot post the sign-in form, told %s", async (_name, headers) => {
    expect(await postForm(new Browser(), headers)).toBe(403);
  });

  test("cannot sign in with a link", async () => {
    const link = gatehouse.url(AUTH, `/oauth2/sign_in?${new URLSearchParams(FORM).toString()}`);
    const browser = new Browser();
    expect((await browser.request(link)).status).toBe(200);
    expect(browser.cookies).toEqual([]);
  });

  test("may sign people out with a form, but another site may not", async () => {
    const browser = new Browser();
    await postForm(browser, { "sec-fetch-site": "same-origin" });
    const signOut = async (site: string): Promise<number> => {
      const options = { form: { rd: "/" }, headers: { "sec-fetch-site": site } };
      return (await browser.request(gatehouse.url(AUTH, "/oauth2/sign_out"), options)).status;
    };
    expect(await signOut("cross-site")).toBe(200);
    expect((await browser.request(gatehouse.url(AUTH, "/oauth2/userinfo"))).status).toBe(200);
    expect(await signOut("same-site")).toBe(302);
    expect((await browser.request(gatehouse.url(AUTH, "/oauth2/userinfo"))).status).toBe(401);
  });
});
