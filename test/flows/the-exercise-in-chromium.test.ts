import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { CHROMIUM } from "../support/chromium.ts";
import { startExercise } from "../support/exercise.ts";
import { freePort, spawnGatehouse, startGatehouse, untilAnswering } from "../support/gatehouse.ts";
import { needs } from "../support/needs.ts";
import { nginxIsAvailable, startNginx } from "../support/nginx.ts";

const ready =
  needs("chromium", existsSync("/usr/bin/chromium")) && needs("nginx with the set-misc module", nginxIsAvailable());

let browser: Browser;
beforeAll(async () => {
  if (ready) browser = await chromium.launch(CHROMIUM);
}, 60_000);
afterAll(async () => {
  if (ready) await browser.close();
});

/** What a person does: open a page, mistype, sign in, look, sign out, be asked again. */
async function story(urls: { readonly page: string; readonly signOut: string; readonly root: string }): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(urls.page);
  const user = page.locator('input[autocomplete="username"]');
  const password = page.locator('input[type="password"]');
  await user.fill("admin@example.com");
  await password.fill("wrong");
  await password.press("Enter");
  await page.getByRole("alert").waitFor();
  expect(await user.inputValue()).toBe("admin@example.com");
  await password.fill("password");
  await password.press("Enter");
  await page.waitForURL(urls.page);
  expect(await page.locator("main").innerText()).toContain("admin@example.com");
  await page.goto(urls.signOut);
  await page.goto(urls.root);
  await password.waitFor();
  await context.close();
}

describe.skipIf(!ready)("the exercise, as a person does it in Chromium", () => {
  test("through nginx, the proxy and the provider as two processes", async () => {
    const exercise = await startExercise(["oauth2-proxy", "--config", "oauth2-proxy.cfg"]);
    try {
      const hello = "http://hello.gatehouse.localhost:8080";
      await story({
        page: `${hello}/page?a=1&b=%2F2`,
        signOut: "http://auth.gatehouse.localhost:8080/oauth2/sign_out",
        root: `${hello}/`,
      });
    } finally {
      await exercise.stop();
    }
  }, 120_000);

  test("through nginx and one process with one native file", async () => {
    const [nginxPort, helloPort] = [await freePort(), await freePort()];
    const hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`]);
    const passwordHash = await hashPassword("password", "bcrypt");
    const gatehouse = await startGatehouse(
      ({ port, telemetryPort }) => `
publicUrl: http://auth.gatehouse.localhost:${nginxPort}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
trustedProxies: [127.0.0.1]
cookie: { domain: gatehouse.localhost }
connectors:
  - { id: local, type: local, users: [{ email: admin@example.com, name: Admin, groups: [admins], passwordHash: "${passwordHash}" }] }
apps:
  - { host: "hello.gatehouse.localhost:${nginxPort}", allow: { groups: [admins] } }
`,
    );
    const nginx = startNginx(nativeNginx({ nginxPort, helloPort, gatehousePort: gatehouse.port }));
    try {
      await untilAnswering(`http://127.0.0.1:${helloPort}/`, hello);
      await untilAnswering(`http://127.0.0.1:${nginxPort}/`);
      const app = `http://hello.gatehouse.localhost:${nginxPort}`;
      await story({
        page: `${app}/page?a=1&b=%2F2`,
        signOut: `http://auth.gatehouse.localhost:${nginxPort}/oauth2/sign_out`,
        root: `${app}/`,
      });
    } finally {
      await nginx.stop();
      await gatehouse.stop();
      await hello.end();
    }
  }, 120_000);
});

function nativeNginx(ports: {
  readonly nginxPort: number;
  readonly helloPort: number;
  readonly gatehousePort: number;
}): string {
  return `
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_set_misc_module.so;
daemon off; pid nginx.pid; error_log stderr notice;
events {}
http {
  access_log off;
  client_body_temp_path t_b; proxy_temp_path t_p; fastcgi_temp_path t_f; uwsgi_temp_path t_u; scgi_temp_path t_s;
  server {
    listen 127.0.0.1:${ports.nginxPort}; server_name auth.gatehouse.localhost;
    location / {
      proxy_pass http://127.0.0.1:${ports.gatehousePort};
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
  server {
    listen 127.0.0.1:${ports.nginxPort}; server_name hello.gatehouse.localhost;
    location = /gatehouse {
      internal;
      proxy_pass http://127.0.0.1:${ports.gatehousePort}/authz/auth-request;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
      proxy_set_header X-Original-Method $request_method;
    }
    location @sign_in { return 302 http://auth.gatehouse.localhost:${ports.nginxPort}/oauth2/start?rd=$scheme://$http_host$escaped; }
    location / {
      set_escape_uri $escaped $request_uri;
      auth_request /gatehouse;
      auth_request_set $user $upstream_http_x_auth_request_user;   proxy_set_header X-Auth-Request-User  $user;
      auth_request_set $mail $upstream_http_x_auth_request_email;  proxy_set_header X-Auth-Request-Email $mail;
      error_page 401 = @sign_in;
      proxy_set_header Host $http_host;
      proxy_pass http://127.0.0.1:${ports.helloPort};
    }
  }
}
`;
}
