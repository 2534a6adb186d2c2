import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";

import { type Answer, Browser } from "../support/browser.ts";
import { startFakeProvider } from "../support/fake-provider.ts";
import { freePort, spawnGatehouse, startGatehouse, untilAnswering } from "../support/gatehouse.ts";
import { until } from "../support/until.ts";

const AUTH = "auth.gatehouse.localhost";
const WIKI = "wiki.gatehouse.localhost";
/** An access token of so many seconds is renewed from half its life on. */
const SHORT = 2;
const LONG = 3600;
const helloPort = await freePort();
const corp = await startFakeProvider({ settings: { accessTokenSeconds: SHORT } });
const partner = await startFakeProvider({ settings: { accessTokenSeconds: SHORT } });
const hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`]);

type Gatehouse = Awaited<ReturnType<typeof startGatehouse>>;
let gatehouse: Gatehouse;
let replica: Gatehouse;

beforeAll(async () => {
  await untilAnswering(`http://127.0.0.1:${helloPort}/`, hello);
  gatehouse = await start("./data");
  replica = await start(join(gatehouse.folder, "data"));
});

afterAll(async () => {
  await Promise.all([gatehouse.stop(), replica.stop()]);
  await Promise.all([hello.end(), corp.stop(), partner.stop()]);
});

async function start(dataDir: string): Promise<Gatehouse> {
  const started = await startGatehouse(
    ({ port, telemetryPort }) => `
publicUrl: http://${AUTH}:${port}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ${dataDir}
cookie: { domain: gatehouse.localhost }
connectors:
  - { id: corp, type: oidc, issuer: "${corp.issuer}", clientId: gatehouse, clientSecret: "${corp.clientSecret}" }
  - { id: partner, type: oidc, issuer: "${partner.issuer}", clientId: gatehouse, clientSecret: "${partner.clientSecret}" }
apps:
  - host: "${WIKI}:${port}"
    upstream: http://127.0.0.1:${helloPort}
    allow: { everyone: true }
    rules: [{ paths: [/admin/**], allow: { groups: [admins] } }]
`,
  );
  const ready = `http://127.0.0.1:${started.telemetryPort}/readyz`;
  await until("discovery of both", async () => (await (await fetch(ready)).text()).includes('"status":"ready"'));
  return started;
}

async function signIn(provider: "corp" | "partner"): Promise<Browser> {
  const browser = new Browser();
  const rd = encodeURIComponent(gatehouse.url(WIKI, "/"));
  const page = await browser.open(gatehouse.url(AUTH, `/oauth2/start?connector=${provider}&rd=${rd}`));
  expect([page.status, page.url]).toEqual([200, gatehouse.url(WIKI, "/")]);
  return browser;
}

function ask(browser: Browser, path: string, at = gatehouse): Promise<Answer> {
  return browser.request(at.url(WIKI, path));
}

function untilLogged(text: string): Promise<true> {
  return until(`"${text}" in the log`, () => gatehouse.process.output().includes(text));
}

/** The short access token is now so old that the next request renews it. */
const dueNow = (): Promise<void> => Bun.sleep(SHORT * 500 + 300);

let survivor: Browser;

describe("an upstream that cannot be asked", () => {
  test("keeps the session, past the end of its tokens", async () => {
    survivor = await signIn("partner");
    partner.settings.down = true;
    await Bun.sleep(SHORT * 1000 + 300);
    const asked = partner.requests.token;
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(survivor, "/")));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(partner.requests.token).toBe(asked + 1);
    expect((await ask(survivor, "/")).status).toBe(200);
    expect(partner.requests.token).toBe(asked + 1);
    await untilLogged("identity not refreshed: upstream unreachable");
    // Why, for the operator.
    await untilLogged("the token endpoint answered 503");
  });
});

describe("at the time to renew", () => {
  test("fifty requests at once make one refresh upstream, and all pass", async () => {
    const browser = await signIn("corp");
    await dueNow();
    const asked = corp.requests.token;
    Object.assign(corp.settings, { accessTokenSeconds: LONG, delayMs: 200 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(browser, "/")));
    Object.assign(corp.settings, { accessTokenSeconds: SHORT, delayMs: 0 });
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(corp.requests.token - asked).toBe(1);
    expect(corp.tokenForms.at(-1)?.["grant_type"]).toBe("refresh_token");
    expect((await ask(browser, "/")).status).toBe(200);
    expect(corp.requests.token - asked).toBe(1);
  });

  test("two processes on one store make one refresh between them", async () => {
    const browser = await signIn("corp");
    await dueNow();
    const asked = corp.requests.token;
    Object.assign(corp.settings, { accessTokenSeconds: LONG, delayMs: 200 });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(browser, "/", index % 2 === 0 ? gatehouse : replica)),
    );
    Object.assign(corp.settings, { accessTokenSeconds: SHORT, delayMs: 0 });
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect((await ask(browser, "/", replica)).status).toBe(200);
    expect(corp.requests.token - asked).toBe(1);
  });

  test("changed groups are seen, given and taken", async () => {
    const { alice } = corp.users;
    if (alice === undefined) throw new Error("the fake provider knows no alice");
    alice["groups"] = ["staff"];
    const browser = await signIn("corp");
    expect((await ask(browser, "/admin/x")).status).toBe(403);
    alice["groups"] = ["staff", "admins"];
    await dueNow();
    expect((await ask(browser, "/admin/x")).status).toBe(200);
    alice["groups"] = [];
    await dueNow();
    expect((await ask(browser, "/admin/x")).status).toBe(403);
    const echo = await browser.request(gatehouse.url(WIKI, "/"), { headers: { accept: "application/json" } });
    expect(JSON.parse(echo.body)["groups"]).toBe("");
  });

  test("what was revoked upstream ends this session, and no other", async () => {
    const revoked = await signIn("corp");
    corp.revokeRefreshTokens();
    const other = await signIn("corp");
    await dueNow();
    const answer = await ask(revoked, "/");
    expect([answer.status, answer.location?.startsWith(gatehouse.url(AUTH, "/oauth2/start?rd="))]).toEqual([302, true]);
    expect((await ask(revoked, "/", replica)).status).toBe(302);
    expect((await ask(other, "/")).status).toBe(200);
    await untilLogged("session ended: revoked upstream");
  });

  test("an identity provider that cannot verify itself any more renews nothing and ends nothing", async () => {
    const browser = await signIn("corp");
    await dueNow();
    corp.settings.signing = "foreign-key";
    expect((await ask(browser, "/")).status).toBe(200);
    corp.settings.signing = "good";
  });

  test("somebody else's identity is never taken over", async () => {
    const browser = await signIn("corp");
    await dueNow();
    corp.settings.idTokenClaims = { sub: "id-of-mallory", email: "mallory@example.com" };
    const answer = await ask(browser, "/");
    corp.settings.idTokenClaims = {};
    expect(answer.status).toBe(302);
  });
});

test("an upstream that can be asked again is asked again, by itself", async () => {
  const { alice } = partner.users;
  if (alice === undefined) throw new Error("the fake provider knows no alice");
  alice["groups"] = ["newcomers"];
  partner.settings.down = false;
  const groups = await until("the session to be renewed", async () => {
    const echo = await survivor.request(gatehouse.url(WIKI, "/"), { headers: { accept: "application/json" } });
    expect(echo.status).toBe(200);
    return String(JSON.parse(echo.body)["groups"]) === "newcomers" && "newcomers";
  });
  expect(groups).toBe("newcomers");
}, 60_000);
