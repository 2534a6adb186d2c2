import { afterAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { Browser } from "../support/browser.ts";
import { dropInFlags, startDropIn } from "../support/drop-in.ts";
import { startFakeProvider } from "../support/fake-provider.ts";
import { freePort, spawnGatehouse, temporaryFolder, untilAnswering } from "../support/gatehouse.ts";
import { adapt, example } from "../support/guide.ts";
import { needs } from "../support/needs.ts";
import { startNginx } from "../support/nginx.ts";
import { until } from "../support/until.ts";

const GUIDE = "docs/guide/from-oauth2-proxy.md";

const folder = temporaryFolder();
afterAll(() => folder.remove());

const sorted = (text: string): readonly string[] => text.trim().split("\n").toSorted();

test("--config-test says of the guide's file what the guide says that it does", async () => {
  writeFileSync(join(folder.path, "oauth2-proxy.cfg"), example(GUIDE, "toml"));
  const running = spawnGatehouse(["oauth2-proxy", "--config", "oauth2-proxy.cfg", "--config-test"], {
    cwd: folder.path,
  });
  expect(await running.exited).toBe(0);
  // Two streams, so in any order.
  expect(sorted(running.output())).toEqual(sorted(example(GUIDE, "text")));
});

test("under the name oauth2-proxy it starts from the guide's file, and answers a gateway", async () => {
  const port = await freePort();
  writeFileSync(
    join(folder.path, "other.cfg"),
    adapt(example(GUIDE, "toml"), [["127.0.0.1:4180", `127.0.0.1:${port}`]]),
  );
  const launcher = join(folder.path, "oauth2-proxy");
  symlinkSync(resolve(import.meta.dir, "../../bin/gatehouse"), launcher);
  const running = spawnGatehouse(["--config", "other.cfg"], { cwd: folder.path, launcher });
  await untilAnswering(`http://127.0.0.1:${port}/ping`, running);
  const stranger = await fetch(`http://127.0.0.1:${port}/oauth2/auth`, {
    headers: { "x-forwarded-uri": "/page", "x-forwarded-method": "GET" },
  });
  const probe = await fetch(`http://127.0.0.1:${port}/oauth2/auth`, {
    headers: { "x-forwarded-uri": "/healthz", "x-forwarded-method": "GET" },
  });
  expect([stranger.status, probe.status]).toEqual([401, 202]);
  expect(await running.end()).toBe(0);
});

const hasNginx = needs("nginx", Bun.which("nginx") !== null);

/** The guide's nginx in front of the drop-in and of an application that echoes. */
async function startAsInTheGuide() {
  const [front, gatePort, helloPort] = [await freePort(), await freePort(), await freePort()];
  const hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`]);
  const provider = await startFakeProvider();
  const flags = [
    "--reverse-proxy",
    "--set-xauthrequest",
    "--whitelist-domain=app.example.com:*",
    "--cookie-refresh=1s",
  ];
  const gate = await startDropIn([...dropInFlags(provider), ...flags], { port: gatePort });
  const server = adapt(example(GUIDE, "nginx"), [
    ["listen 80;", `listen 127.0.0.1:${front};`],
    ["127.0.0.1:4180", `127.0.0.1:${gatePort}`],
    ["127.0.0.1:3000", `127.0.0.1:${helloPort}`],
  ]);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path t_${name};`);
  const nginx = startNginx(
    `daemon off; pid nginx.pid; error_log stderr; events {} http { access_log off; ${temporary.join(" ")} ${server} }`,
  );
  await untilAnswering(`http://127.0.0.1:${front}/`);
  return {
    app: `http://app.example.com:${front}`,
    provider,
    stop: () => Promise.all([nginx.stop(), gate.stop(), provider.stop(), hello.end()]),
  };
}

describe.skipIf(!hasNginx)("behind nginx as the guide sets it up", () => {
  /** Random groups do not pack: a hundred make two cookies. */
  test.each([
    { name: "small", groups: 0, names: ["_oauth2_proxy"] },
    { name: "large", groups: 100, names: ["_oauth2_proxy_0", "_oauth2_proxy_1"] },
  ])("somebody with a $name session signs in, and keeps the renewed one", async ({ groups, names }) => {
    const { app, provider, stop } = await startAsInTheGuide();
    try {
      const many = Array.from({ length: groups }, () => randomBytes(15).toString("base64url"));
      provider.users["somebody"] = {
        ...provider.users["alice"],
        sub: "somebody",
        email: "a@example.com",
        groups: many,
      };
      provider.settings.user = "somebody";
      const browser = new Browser();
      const page = await browser.submit(await browser.open(`${app}/page?a=1`), {});
      expect([page.status, page.url]).toEqual([200, `${app}/page?a=1`]);
      const renewed = await until("a renewed session", async () => {
        const answer = await browser.request(`${app}/x`, { headers: { "sec-fetch-mode": "cors" } });
        expect([answer.status, answer.body]).toEqual([200, expect.stringContaining("a@example.com")]);
        return answer.headers.getSetCookie().length > 0 && answer;
      });
      const cookies = renewed.headers.getSetCookie();
      expect(cookies.map((cookie) => cookie.split("=")[0])).toEqual([...names]);
      for (const cookie of cookies) expect(cookie).toMatch(/^[^=]+=[^;,]+; Path=\/;[^,]*HttpOnly/i);
      expect((await browser.request(`${app}/x`, { headers: { "sec-fetch-mode": "cors" } })).status).toBe(200);
    } finally {
      await stop();
    }
  });
});
