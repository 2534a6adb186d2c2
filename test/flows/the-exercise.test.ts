import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Browser } from "../support/browser.ts";
import { type GatehouseProcess, spawnGatehouse, temporaryFolder, untilAnswering } from "../support/gatehouse.ts";
import { needs } from "../support/needs.ts";
import { nginxIsAvailable, startNginx } from "../support/nginx.ts";

const FILES = join(import.meta.dir, "..", "exercise");
const HELLO = "http://hello.gatehouse.localhost:8080";
const AUTH = "http://auth.gatehouse.localhost:8080";
const STARTS: readonly (readonly [string, readonly string[]])[] = [
  ["with the configuration file", ["oauth2-proxy", "--config", "oauth2-proxy.cfg"]],
  [
    "with the arguments",
    [
      "oauth2-proxy",
      ...readFileSync(join(FILES, "oauth2-proxy.args"), "utf8")
        .split(/\s+/)
        .filter((word) => word !== ""),
    ],
  ],
];

describe.skipIf(!needs("nginx with the set-misc module", nginxIsAvailable())).each(STARTS)(
  "the exercise, %s",
  (_name, proxyArguments) => {
    const folder = temporaryFolder();
    const running: GatehouseProcess[] = [];
    let nginx: ReturnType<typeof startNginx>;

    beforeAll(async () => {
      for (const file of ["dex-config.yaml", "oauth2-proxy.cfg"])
        copyFileSync(join(FILES, file), join(folder.path, file));
      nginx = startNginx(readFileSync(join(FILES, "nginx-as-rendered.conf"), "utf8"));
      const start = (args: readonly string[]): number => running.push(spawnGatehouse(args, { cwd: folder.path }));
      start(["hello", "--listen", "127.0.0.1:8000"]);
      start(["dex", "serve", "dex-config.yaml"]);
      await untilAnswering("http://127.0.0.1:5556/dex/healthz", running[1]);
      start(proxyArguments);
      await untilAnswering("http://127.0.0.1:4180/ping", running[2]);
      await untilAnswering("http://127.0.0.1:8000/", running[0]);
    });

    afterAll(async () => {
      await Promise.all(running.map((one) => one.end()));
      await nginx.stop();
      folder.remove();
    });

    test("a stranger signs in, lands on exactly the page asked for, and the application knows who it is", async () => {
      const browser = new Browser();
      const form = await browser.open(`${HELLO}/page?a=1&b=%2F2`);
      expect(form.url).toStartWith(`${AUTH}/dex/auth/local/login`);

      const again = await browser.submit(form, { login: "admin@example.com", password: "wrong" });
      expect(again.status).toBe(401);
      expect(again.body).toContain('value="admin@example.com"');

      const page = await browser.submit(again, { login: "admin@example.com", password: "password" });
      expect(page.url).toBe(`${HELLO}/page?a=1&b=%2F2`);
      expect(page.status).toBe(200);
      expect(page.body).toContain("admin@example.com");
      expect(page.body).toContain("/page?a=1&amp;b=%2F2");
    });

    test("sign-out ends it: the application asks again", async () => {
      const browser = new Browser();
      const form = await browser.open(`${HELLO}/`);
      await browser.submit(form, { login: "admin@example.com", password: "password" });
      expect((await browser.request(`${HELLO}/`)).status).toBe(200);
      const signedOut = await browser.request(`${AUTH}/oauth2/sign_out`);
      expect(signedOut.status).toBe(302);
      const asked = await browser.open(`${HELLO}/`);
      expect(asked.url).toStartWith(`${AUTH}/dex/auth/local/login`);
    });

    test("a client's own identity headers do not reach the application", async () => {
      const browser = new Browser();
      await browser.submit(await browser.open(`${HELLO}/`), { login: "admin@example.com", password: "password" });
      const page = await browser.request(`${HELLO}/`, {
        headers: {
          accept: "application/json",
          "x-auth-request-email": "root@example.com",
          "x-auth-request-groups": "admins",
        },
      });
      expect(page.body).toContain("admin@example.com");
      expect(page.body).not.toContain("root@example.com");
      expect(page.body).not.toContain("admins");
    });
  },
);
