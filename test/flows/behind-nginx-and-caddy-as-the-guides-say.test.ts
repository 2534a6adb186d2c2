import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { freePort, temporaryFolder, untilAnswering } from "../support/gatehouse.ts";
import { startGuideGatehouse } from "../support/guide-gatehouse.ts";
import { needs } from "../support/needs.ts";
import { startNginx } from "../support/nginx.ts";

const gatehouse = await startGuideGatehouse({ appHost: "wiki.example.com:*" });
/** The application: says what it got. */
const application = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: async (request) => Response.json({ ...Object.fromEntries(request.headers), body: await request.text() }),
});
afterAll(async () => {
  await application.stop(true);
  await gatehouse.stop();
});

/** The first block of a language in a guide, as people copy it. */
function example(guide: string, language: string): string {
  const text = readFileSync(join(import.meta.dir, "../../docs/guide", guide), "utf8");
  const block = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "m").exec(text)?.[1];
  if (block === undefined) throw new Error(`${guide} has no ${language} block`);
  return block;
}

const PAGE = { accept: "text/html", "sec-fetch-mode": "navigate" };
const ADMIN = { cookie: "session=admin" };

function gatewayStory(port: () => number): void {
  const ask = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${port()}${path}`, {
      redirect: "manual",
      ...init,
      headers: { host: `wiki.example.com:${port()}`, ...headers },
    });

  test("a page leads a stranger to sign-in and back to the very URL", async () => {
    const response = await ask("/page?a=1&b=%2F2&c=%26", PAGE);
    expect(response.status).toBe(302);
    const location = new URL(response.headers.get("location") ?? "");
    expect(location.origin + location.pathname).toBe("https://auth.example.com/oauth2/start");
    expect([...location.searchParams]).toEqual([["rd", `http://wiki.example.com:${port()}/page?a=1&b=%2F2&c=%26`]]);
  });

  test("the sign-in host reaches Gatehouse", async () => {
    const response = await ask("/oauth2/start?rd=/x", { host: "auth.example.com" });
    expect([response.status, await response.text()]).toEqual([200, "/x"]);
  });

  test("a program, a script, a form and a WebSocket handshake get 401", async () => {
    const clients: readonly [Record<string, string>, RequestInit?][] = [
      [{ accept: "application/json" }],
      [{ accept: "text/html", "sec-fetch-mode": "cors" }],
      [{ accept: "text/html", "x-requested-with": "XMLHttpRequest" }],
      [PAGE, { method: "POST", body: "a=1" }],
      [{ accept: "text/html", connection: "upgrade", upgrade: "websocket", "sec-websocket-key": "eA==" }],
    ];
    for (const [headers, init] of clients) expect((await ask("/page", headers, init)).status).toBe(401);
  });

  test("somebody who is signed in passes, body and all, and the application learns who it is", async () => {
    const response = await ask("/page", ADMIN, { method: "POST", body: "hello" });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      body: "hello",
      "x-auth-request-user": "admin-id",
      "x-auth-request-email": "admin@example.com",
      "x-auth-request-groups": "admins,a%2Cb",
    });
  });

  test("what a client claims to be does not arrive", async () => {
    const claims = { "x-auth-request-user": "root", "X-Auth-Request-Groups": "root" };
    expect(await (await ask("/page", { ...ADMIN, ...claims })).text()).not.toContain("root");
    const stranger = await ask("/healthz", claims);
    expect([stranger.status, await stranger.text()]).toEqual([200, expect.not.stringContaining("root")]);
  });

  test("what a client says about the target is not believed", async () => {
    const spoofed = {
      "x-original-url": "http://open.example.com/",
      "x-forwarded-uri": "/healthz",
      "x-forwarded-host": "open.example.com",
      "x-forwarded-method": "GET",
    };
    expect((await ask("/page", spoofed)).status).toBe(401);
    expect((await ask("/page", { ...spoofed, "if-none-match": "*", range: "bytes=0-0" })).status).toBe(401);
  });

  test("public rules hold for their method and path only", async () => {
    expect((await ask("/healthz")).status).toBe(200);
    expect((await ask("/healthz", {}, { method: "POST" })).status).toBe(401);
    for (const path of ["/healthz;x", "/healthz%2f..%2fadmin", "/healthz%00"]) {
      expect((await ask(path, ADMIN)).status).not.toBe(200);
    }
  });

  test("an unknown host is nobody's", async () => {
    const response = await ask("/", { host: "nowhere.example.com", ...ADMIN });
    expect(await response.text()).not.toContain("admin-id");
  });
}

describe.skipIf(!needs("nginx", Bun.which("nginx") !== null))("nginx, as the guide says", () => {
  let port = 0;
  let nginx: { stop(): Promise<void> } | undefined;
  beforeAll(async () => {
    port = await freePort();
    const servers = example("behind-nginx.md", "nginx")
      .replaceAll("listen 443 ssl;", `listen 127.0.0.1:${port};`)
      .replaceAll(/^ *ssl_certificate.*$/gm, "")
      .replaceAll("http://127.0.0.1:8080", `http://127.0.0.1:${gatehouse.port}`)
      .replaceAll("http://127.0.0.1:3000", `http://127.0.0.1:${application.port}`);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path t_${name};`,
    );
    const http = `http { access_log off; ${temporary.join(" ")}\n${servers}\n}`;
    nginx = startNginx(`daemon off; pid nginx.pid; error_log stderr notice;\nevents {}\n${http}`);
    await untilAnswering(`http://127.0.0.1:${port}/`);
  });
  afterAll(() => nginx?.stop());
  gatewayStory(() => port);
});

describe.skipIf(!needs("caddy", Bun.which("caddy") !== null))("Caddy, as the guide says", () => {
  let port = 0;
  let stop = async (): Promise<void> => {};
  beforeAll(async () => {
    port = await freePort();
    const folder = temporaryFolder();
    const sites = example("behind-traefik-and-caddy.md", "caddyfile")
      .replaceAll(/^(\w+\.example\.com) \{$/gm, `http://$1:${port} {\n\tbind 127.0.0.1`)
      .replaceAll("gatehouse:8080", `127.0.0.1:${gatehouse.port}`)
      .replaceAll("wiki:3000", `127.0.0.1:${application.port}`);
    writeFileSync(join(folder.path, "Caddyfile"), `{\n\tadmin off\n\tauto_https off\n}\n${sites}`);
    const child = Bun.spawn(["caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile"], {
      cwd: folder.path,
      env: { PATH: process.env["PATH"] ?? "", HOME: folder.path },
      stdout: "ignore",
      stderr: "ignore",
    });
    stop = async () => {
      child.kill("SIGTERM");
      await child.exited;
      folder.remove();
    };
    await untilAnswering(`http://127.0.0.1:${port}/`);
  });
  afterAll(() => stop());
  gatewayStory(() => port);
});
