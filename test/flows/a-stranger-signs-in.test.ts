import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { Browser, formsOf } from "../support/browser.ts";
import { freePort, spawnGatehouse, startGatehouse, untilAnswering } from "../support/gatehouse.ts";

const AUTH = "auth.gatehouse.localhost";
const WIKI = "wiki.gatehouse.localhost";
const passwordHash = await hashPassword("correct horse", "bcrypt");
const helloPort = await freePort();

let gatehouse: Awaited<ReturnType<typeof startGatehouse>>;
const hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`]);

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
  - id: local
    type: local
    users:
      - { email: alice@example.com, name: Alice, groups: [staff], passwordHash: "${passwordHash}" }
      - { email: bob@example.com, name: Bob, groups: [guests], passwordHash: "${passwordHash}" }
apps:
  - host: "${WIKI}:${port}"
    upstream: http://127.0.0.1:${helloPort}
    allow: { groups: [staff] }
    rules:
      - { paths: [/healthz], methods: [GET], public: true }
      - { paths: [/admin/**], allow: { groups: [admins] } }
`,
  );
});

afterAll(async () => {
  await gatehouse.stop();
  await hello.end();
});

async function signIn(browser: Browser, path: string, username = "alice@example.com"): ReturnType<Browser["open"]> {
  const form = await browser.open(gatehouse.url(WIKI, path));
  return browser.submit(form, { username, password: "correct horse" });
}

describe("a stranger in front of a wiki", () => {
  test("signs in and comes back to exactly the page asked for", async () => {
    const browser = new Browser();
    const form = await browser.open(gatehouse.url(WIKI, "/page?a=1&b=%2F2"));
    expect(form.url).toStartWith(gatehouse.url(AUTH, "/oauth2/"));
    const page = await browser.submit(form, { username: "alice@example.com", password: "correct horse" });
    expect(page.url).toBe(gatehouse.url(WIKI, "/page?a=1&b=%2F2"));
    expect(page.body).toContain("alice@example.com");
  });

  test("a wrong password shows the form again with the name, and says so", async () => {
    const browser = new Browser();
    const form = await browser.open(gatehouse.url(WIKI, "/"));
    const again = await browser.submit(form, { username: "alice@example.com", password: "wrong" });
    expect(again.status).toBe(401);
    expect(again.body).toContain('role="alert"');
    expect(formsOf(again).find((one) => "username" in one.fields)?.fields["username"]).toBe("alice@example.com");
  });

  test("signs out with one link, and is asked again", async () => {
    const browser = new Browser();
    await signIn(browser, "/");
    const out = await browser.open(gatehouse.url(AUTH, "/oauth2/sign_out"));
    expect(out.url).toBe(gatehouse.url(AUTH, "/oauth2/signed_out"));
    expect((await browser.request(gatehouse.url(WIKI, "/"))).status).toBe(302);
  });

  test("a link on another site cannot sign anybody out without asking", async () => {
    const browser = new Browser();
    await signIn(browser, "/");
    const asked = await browser.request(gatehouse.url(AUTH, "/oauth2/sign_out"), {
      headers: { "sec-fetch-site": "cross-site" },
    });
    expect(asked.status).toBe(200);
    expect((await browser.request(gatehouse.url(WIKI, "/"))).status).toBe(200);
    const out = await browser.submit(asked, {});
    expect(out.url).toBe(gatehouse.url(AUTH, "/oauth2/signed_out"));
    expect((await browser.request(gatehouse.url(WIKI, "/"))).status).toBe(302);
  });

  test("somebody who may not enter this application is told so, and nothing is forwarded", async () => {
    const browser = new Browser();
    const page = await signIn(browser, "/", "bob@example.com");
    expect(page.status).toBe(403);
    expect(page.body).not.toContain("x-forwarded-user");
  });

  test("rules go first: a public path for everybody, an admin path for nobody here", async () => {
    const stranger = new Browser();
    expect((await stranger.request(gatehouse.url(WIKI, "/healthz"))).status).toBe(200);
    const browser = new Browser();
    await signIn(browser, "/");
    expect((await browser.request(gatehouse.url(WIKI, "/admin/users"))).status).toBe(403);
    expect((await browser.request(gatehouse.url(WIKI, "/admin%2Fusers"))).status).not.toBe(200);
  });

  test("a program gets 401 and where to sign in, never a redirect to HTML", async () => {
    const answer = await new Browser().request(gatehouse.url(WIKI, "/api"), {
      headers: { accept: "application/json", "sec-fetch-mode": "cors" },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(JSON.parse(answer.body)["sign_in_url"]).toStartWith(gatehouse.url(AUTH, "/oauth2/start?rd="));
  });

  test("identity headers of the client and our own cookie never reach the application", async () => {
    const browser = new Browser();
    await signIn(browser, "/");
    const page = await browser.request(gatehouse.url(WIKI, "/echo"), {
      headers: {
        accept: "application/json",
        "X-Forwarded-User": "root",
        X_Forwarded_Email: "root@example.com",
        "X-Auth-Request-Groups": "admins",
        Connection: "X-Forwarded-Email",
      },
    });
    expect(page.status).toBe(200);
    expect(page.body).toContain("alice@example.com");
    expect(page.body).not.toContain("root");
    expect(page.body).not.toContain("admins");
    expect(page.body).not.toContain("gatehouse_session");
  });

  test("an open redirect does not happen: a foreign return target becomes the root", async () => {
    const browser = new Browser();
    const form = await browser.open(
      gatehouse.url(AUTH, `/oauth2/start?rd=${encodeURIComponent("https://evil.example/")}`),
    );
    const page = await browser.submit(form, { username: "alice@example.com", password: "correct horse" });
    expect(new URL(page.url).host).toBe(`${AUTH}:${gatehouse.port}`);
  });

  test("a form posted from another site signs nobody in", async () => {
    const answer = await new Browser().request(gatehouse.url(AUTH, "/oauth2/sign_in"), {
      form: { connector: "local", username: "alice@example.com", password: "correct horse" },
      headers: { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.getSetCookie().some((cookie) => cookie.includes("gatehouse_session"))).toBe(false);
  });

  test("metrics and health are on their own listener only", async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${gatehouse.telemetryPort}/metrics`)).text();
    expect(metrics).toContain('gatehouse_logins_total{connector="local",outcome="success"}');
    expect((await fetch(`http://127.0.0.1:${gatehouse.telemetryPort}/readyz`)).status).toBe(200);
    const onPublic = await new Browser().request(gatehouse.url(AUTH, "/metrics"));
    expect(onPublic.status).toBe(404);
  });
});
