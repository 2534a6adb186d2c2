import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { type Answer, Browser } from "../support/browser.ts";
import { startGatehouse } from "../support/gatehouse.ts";

const HOST = "auth.gatehouse.localhost";
const CALLBACK = "https://app.example.com/cb";
const QUERY = new URLSearchParams({
  client_id: "app",
  redirect_uri: CALLBACK,
  response_type: "code",
  scope: "openid",
  state: "s",
});
const passwordHash = await hashPassword("correct horse", "bcrypt");

let gatehouse: Awaited<ReturnType<typeof startGatehouse>>;
let origin: string;

beforeAll(async () => {
  gatehouse = await startGatehouse(
    ({ port, telemetryPort }) => `
publicUrl: http://${HOST}:${port}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
connectors:
  - id: local
    type: local
    users:
      - { email: alice@example.com, passwordHash: "${passwordHash}" }
      - { email: mallory@example.com, passwordHash: "${passwordHash}" }
clients:
  - { id: app, name: App, secret: "app secret", redirectUris: ["${CALLBACK}"] }
`,
  );
  origin = `http://${HOST}:${gatehouse.port}`;
});

afterAll(() => gatehouse.stop());

const SAME_SITE = (): Record<string, string> => ({ origin, "sec-fetch-site": "same-origin" });

/** Follow redirects until one leaves the provider or a page comes. */
async function walk(browser: Browser, url: string): Promise<Answer> {
  let answer = await browser.request(url);
  while (answer.location?.startsWith(origin) === true) answer = await browser.request(answer.location);
  return answer;
}

async function signIn(browser: Browser, username: string, rd: string): Promise<Answer> {
  const answer = await browser.request(`${origin}/oauth2/sign_in`, {
    form: { connector: "local", username, password: "correct horse", rd },
    headers: SAME_SITE(),
  });
  return walk(browser, answer.location ?? "");
}

/** Begin a request as a stranger. @returns the signed hop that sign-in would come back to. */
async function begin(browser: Browser): Promise<string> {
  const answer = await browser.request(`${origin}/auth?${QUERY.toString()}`);
  return new URL(answer.location ?? "").searchParams.get("rd") ?? "";
}

describe("a hop that was given out before anybody signed in", () => {
  test("goes on in the browser whose session logged the request in", async () => {
    const alice = new Browser();
    const page = await signIn(alice, "alice@example.com", await begin(alice));
    expect(page.url).toContain("/approval?");
    const approved = await alice.request(page.url, { form: { approval: "approve" }, headers: SAME_SITE() });
    expect(new URL(approved.location ?? "").searchParams.get("code")).toMatch(/^[\w-]{43}$/);
  });

  test("is worth nothing to who began the request and lured somebody else to it", async () => {
    const [mallory, alice] = [new Browser(), new Browser()];
    const hop = await begin(mallory);
    const lured = await signIn(alice, "alice@example.com", hop);
    expect(lured.url).toContain("/approval?");
    const taken = await walk(mallory, `${origin}${hop}`);
    expect([taken.status, taken.location]).toEqual([403, undefined]);
    const approval = await mallory.request(lured.url, { form: { approval: "approve" }, headers: SAME_SITE() });
    expect([approval.status, approval.location]).toEqual([403, undefined]);
  });

  test("is worth nothing with a session of one's own either", async () => {
    const [mallory, alice] = [new Browser(), new Browser()];
    const hop = await begin(mallory);
    await signIn(alice, "alice@example.com", hop);
    const own = await signIn(mallory, "mallory@example.com", hop);
    expect([own.status, own.location]).toEqual([403, undefined]);
  });
});
