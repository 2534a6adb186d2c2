import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { Browser } from "../support/browser.ts";
import { freePort, spawnGatehouse, startGatehouse, temporaryFolder, untilAnswering } from "../support/gatehouse.ts";
import { needs } from "../support/needs.ts";

const ready = needs("caddy", Bun.which("caddy") !== null);
const AUTH = "auth.gatehouse.localhost";
const WIKI = "wiki.gatehouse.localhost";

describe.skipIf(!ready)("behind the real Caddy, with forward_auth", () => {
  const folder = temporaryFolder();
  let gatehouse: Awaited<ReturnType<typeof startGatehouse>>;
  let hello: ReturnType<typeof spawnGatehouse>;
  let caddy: ReturnType<typeof Bun.spawn>;
  let port: number;
  const url = (host: string, path: string): string => `http://${host}:${port}${path}`;

  beforeAll(async () => {
    const helloPort = await freePort();
    port = await freePort();
    hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`]);
    const passwordHash = await hashPassword("correct horse", "bcrypt");
    gatehouse = await startGatehouse(
      (ports) => `
publicUrl: http://${AUTH}:${port}
listen: 127.0.0.1:${ports.port}
telemetryListen: 127.0.0.1:${ports.telemetryPort}
trustedProxies: [127.0.0.1]
cookie: { domain: gatehouse.localhost }
connectors:
  - id: local
    type: local
    users:
      - { email: alice@example.com, name: Alice, groups: [staff], passwordHash: "${passwordHash}" }
      - { email: bob@example.com, name: Bob, groups: [guests], passwordHash: "${passwordHash}" }
apps: [{ host: "${WIKI}:${port}", allow: { groups: [staff] } }]
`,
    );
    writeFileSync(
      join(folder.path, "Caddyfile"),
      `{
  admin off
  auto_https off
}
http://${AUTH}:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${gatehouse.port}
}
http://${WIKI}:${port} {
  bind 127.0.0.1
  forward_auth 127.0.0.1:${gatehouse.port} {
    uri /authz/forward-auth
    copy_headers X-Auth-Request-User X-Auth-Request-Email X-Auth-Request-Groups
  }
  reverse_proxy 127.0.0.1:${helloPort}
}
`,
    );
    caddy = Bun.spawn(["caddy", "run", "--config", join(folder.path, "Caddyfile")], {
      stdout: "ignore",
      stderr: "ignore",
      env: { PATH: process.env["PATH"] ?? "", HOME: folder.path },
    });
    await untilAnswering(`http://127.0.0.1:${helloPort}/`, hello);
    await untilAnswering(`http://127.0.0.1:${port}/`);
  }, 60_000);

  afterAll(async () => {
    caddy.kill();
    await caddy.exited;
    await gatehouse.stop();
    await hello.end();
    folder.remove();
  });

  test("a stranger signs in, lands on exactly the page asked for, and the application knows who it is", async () => {
    const browser = new Browser();
    const form = await browser.open(url(WIKI, "/page?a=1&b=%2F2"));
    expect(form.url).toStartWith(url(AUTH, "/oauth2/start?rd="));
    const page = await browser.submit(form, { username: "alice@example.com", password: "correct horse" });
    expect(page.url).toBe(url(WIKI, "/page?a=1&b=%2F2"));
    expect(page.status).toBe(200);
    expect(page.body).toContain("alice@example.com");
  });

  test("identity headers and a target of the client's own are not believed", async () => {
    const browser = new Browser();
    const form = await browser.open(url(WIKI, "/"));
    await browser.submit(form, { username: "alice@example.com", password: "correct horse" });
    const page = await browser.request(url(WIKI, "/"), {
      headers: {
        accept: "application/json",
        "x-auth-request-email": "root@example.com",
        "x-auth-request-groups": "admins",
        "x-original-url": "http://public.example.com/",
      },
    });
    expect(page.status).toBe(200);
    expect(JSON.parse(page.body)["email"]).toBe("alice@example.com");
    expect(JSON.parse(page.body)["groups"]).toBe("staff");
  });

  test("who may not enter gets 403; a program gets 401 with where to sign in", async () => {
    const browser = new Browser();
    const form = await browser.open(url(WIKI, "/"));
    const page = await browser.submit(form, { username: "bob@example.com", password: "correct horse" });
    expect(page.status).toBe(403);
    const program = await new Browser().request(url(WIKI, "/api"), {
      headers: { accept: "application/json", "sec-fetch-mode": "cors" },
    });
    expect([program.status, program.headers.get("content-type")]).toEqual([401, "application/problem+json"]);
  });

  test("sign-out ends it", async () => {
    const browser = new Browser();
    const form = await browser.open(url(WIKI, "/"));
    await browser.submit(form, { username: "alice@example.com", password: "correct horse" });
    await browser.open(url(AUTH, "/oauth2/sign_out"));
    expect((await browser.request(url(WIKI, "/"))).status).toBe(302);
  });
});
