import { afterAll, beforeAll, expect, test } from "bun:test";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { type Answer, Browser } from "../support/browser.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import { freePort, spawnGatehouse, startGatehouse, untilAnswering } from "../support/gatehouse.ts";
import { until } from "../support/until.ts";

const AUTH = "auth.gatehouse.localhost";
const WIKI = "wiki.gatehouse.localhost";
const SECRET = "a secret & more";
const passwordHash = await hashPassword("correct horse", "bcrypt");
const [helloPort, corpPort] = [await freePort(), await freePort()];
const corpIssuer = `http://127.0.0.1:${corpPort}`;
const hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`]);

let gatehouse: Awaited<ReturnType<typeof startGatehouse>>;
let corp: FakeProvider | undefined;

beforeAll(async () => {
  await untilAnswering(`http://127.0.0.1:${helloPort}/`, hello);
  gatehouse = await startGatehouse(
    ({ port, telemetryPort }) => `
publicUrl: http://${AUTH}:${port}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
cookie: { domain: gatehouse.localhost }
connectors:
  - { id: corp, type: oidc, name: Corp login, issuer: "${corpIssuer}", clientId: gatehouse, clientSecret: "${SECRET}" }
  - id: local
    type: local
    users: [{ email: carol@example.com, name: Carol, groups: [staff], passwordHash: "${passwordHash}" }]
apps:
  - { host: "${WIKI}:${port}", upstream: "http://127.0.0.1:${helloPort}", allow: { everyone: true } }
`,
  );
});

afterAll(async () => {
  await gatehouse.stop();
  await Promise.all([hello.end(), corp?.stop()]);
});

interface Readiness {
  readonly status: string;
  readonly failures: readonly { readonly name: string; readonly kind: string; readonly reason: string }[];
}

async function ready(): Promise<{ readonly code: number; readonly body: Readiness }> {
  const answer = await new Browser().request(gatehouse.url(AUTH, "/ready"));
  return { code: answer.status, body: JSON.parse(answer.body) };
}

function corpStart(): string {
  return gatehouse.url(AUTH, `/oauth2/start?connector=corp&rd=${encodeURIComponent(gatehouse.url(WIKI, "/page"))}`);
}

function openWiki(browser = new Browser()): Promise<Answer> {
  return browser.open(gatehouse.url(WIKI, "/page"));
}

test("/ready says which connector cannot be reached and why, and that the process can work", async () => {
  const { code, body } = await until("the first attempt", async () => {
    const answer = await ready();
    return answer.body.failures[0]?.reason.includes("not been fetched") === false && answer;
  });
  expect([code, body.status]).toEqual([200, "degraded"]);
  expect(body.failures).toHaveLength(1);
  expect(body.failures[0]).toMatchObject({ name: "corp", kind: "connector" });
  expect(body.failures[0]?.reason).toMatch(/connect|refused/i);
  await until("a line in the log", () => gatehouse.process.output().includes("identity provider cannot be discovered"));
});

test("the sign-in page says so, and does not lead there", async () => {
  const page = await openWiki();
  expect(page.status).toBe(200);
  expect(page.body).toContain("Continue with Corp login");
  expect(page.body).toContain("Not reachable at the moment");
  expect(page.body).not.toContain("connector=corp");
});

test("who goes there all the same is told, with a time to try again and a way back", async () => {
  const answer = await new Browser().request(corpStart());
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
  expect(answer.body).toContain("The identity provider does not answer");
  expect(answer.body).toContain("/oauth2/start?rd=");
  expect(answer.body).not.toContain(String(corpPort));
});

test("local login goes on working", async () => {
  const browser = new Browser();
  const page = await browser.submit(await openWiki(browser), {
    username: "carol@example.com",
    password: "correct horse",
  });
  expect([page.status, page.url]).toEqual([200, gatehouse.url(WIKI, "/page")]);
});

test("when the identity provider comes up, all of it works by itself", async () => {
  corp = await startFakeProvider({ port: corpPort, clientSecret: SECRET });
  await until("/ready", async () => (await ready()).body.status === "ready", 90);
  expect((await ready()).body.failures).toEqual([]);
  const page = await openWiki();
  expect(page.body).not.toContain("Not reachable at the moment");
  expect(page.body).toContain("connector=corp");
  const signedIn = await new Browser().open(corpStart());
  expect([signedIn.status, signedIn.url]).toEqual([200, gatehouse.url(WIKI, "/page")]);
  await until("a line in the log", () => gatehouse.process.output().includes("identity provider discovered"));
}, 120_000);

test("when it goes down again, who is signed in stays so, and its last known address is still offered", async () => {
  const browser = new Browser();
  await browser.open(corpStart());
  await corp?.stop();
  corp = undefined;
  expect((await browser.request(gatehouse.url(WIKI, "/page"))).status).toBe(200);
  expect((await browser.request(corpStart())).location).toStartWith(`${corpIssuer}/authorize?`);
});
