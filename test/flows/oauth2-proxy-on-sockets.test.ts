import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

import { Browser } from "../support/browser.ts";
import { nginxAsksForEachRequest, nginxInFront } from "../support/drop-in-gateways.ts";
import { dropInFlags } from "../support/drop-in.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import {
  freePort,
  type GatehouseProcess,
  spawnGatehouse,
  temporaryFolder,
  untilAnswering,
} from "../support/gatehouse.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";

/** The drop-in on a unix socket and on a socket of systemd's, with nginx in front. */

const ACTIVATE = "/usr/bin/systemd-socket-activate";
const LAUNCHER = join(import.meta.dir, "..", "..", "bin", "gatehouse");
const hasNginx = needs("nginx", Bun.which("nginx") !== null);
const hasSystemd = needs("systemd-socket-activate", existsSync(ACTIVATE));
const JSON_CALL = { accept: "application/json", "sec-fetch-mode": "cors" };

let provider: FakeProvider;
let hello: GatehouseProcess;
let helloPort: number;
beforeAll(async () => {
  helloPort = await freePort();
  hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`]);
  provider = await startFakeProvider();
  await untilAnswering(`http://127.0.0.1:${helloPort}/`, hello);
});
afterAll(() => Promise.all([hello.end(), provider.stop()]));

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

function socketPath(): string {
  const folder = temporaryFolder();
  endings.push(() => folder.remove());
  return join(folder.path, "gate.sock");
}

const flags = (): readonly string[] => [
  ...dropInFlags(provider),
  "--reverse-proxy",
  "--set-xauthrequest",
  "--whitelist-domain=app.example.com:*",
];

/** From the sign-in page to the page asked for, then what the application was told. */
async function signIn(
  gateway: number,
): Promise<{ readonly browser: Browser; readonly headers: Record<string, string> }> {
  const app = `http://app.example.com:${gateway}`;
  await untilAnswering(`http://127.0.0.1:${gateway}/`);
  const browser = new Browser();
  const form = await browser.open(`${app}/page?a=1`);
  const page = await browser.submit(form, {});
  expect([page.status, page.url]).toEqual([200, `${app}/page?a=1`]);
  const echo = await browser.request(`${app}/page?a=1`, { headers: JSON_CALL });
  return { browser, headers: JSON.parse(echo.body).headers };
}

describe.skipIf(!hasNginx)("a unix socket", () => {
  test("behind nginx's auth_request: somebody signs in, and the application learns who it is", async () => {
    const path = socketPath();
    const gate = spawnGatehouse(["oauth2-proxy", `--http-address=unix://${path}`, ...flags()]);
    endings.push(() => gate.end());
    const gateway = await freePort();
    await until("the socket", () => existsSync(path));
    const nginx = nginxAsksForEachRequest({ gateway, gate: path, application: helloPort });
    endings.push(() => nginx.stop());
    const { browser, headers } = await signIn(gateway);
    expect(headers).toMatchObject({ "x-user": "id-of-alice", "x-email": "alice@example.com" });
    await browser.request(`http://app.example.com:${gateway}/oauth2/sign_out`);
    expect((await browser.request(`http://app.example.com:${gateway}/page`)).status).toBe(302);
  });

  test("with nginx in front: the application hears of the client that nginx saw, whatever the client says", async () => {
    const path = socketPath();
    const upstream = `--upstream=http://127.0.0.1:${helloPort}`;
    const gate = spawnGatehouse(["oauth2-proxy", `--http-address=unix://${path}`, upstream, ...flags()]);
    endings.push(() => gate.end());
    const gateway = await freePort();
    await until("the socket", () => existsSync(path));
    const nginx = nginxInFront({ gateway, gate: path, application: helloPort });
    endings.push(() => nginx.stop());
    await untilAnswering(`http://127.0.0.1:${gateway}/`);
    const browser = new Browser();
    const app = `http://app.example.com:${gateway}`;
    const page = await browser.submit(await browser.open(`${app}/page?a=1`), {});
    expect([page.status, page.url]).toEqual([200, `${app}/page?a=1`]);
    const echo = await browser.request(`${app}/x`, { headers: { ...JSON_CALL, "x-real-ip": "6.6.6.6" } });
    expect(JSON.parse(echo.body)).toMatchObject({ user: "id-of-alice", headers: { "x-real-ip": "127.0.0.1" } });
  });

  test("is taken over from a process that was killed", async () => {
    const path = socketPath();
    const first = spawnGatehouse(["oauth2-proxy", `--http-address=unix://${path}`, ...flags()]);
    endings.push(() => first.end("SIGKILL"));
    await until("the socket", () => existsSync(path));
    await first.end("SIGKILL");
    expect(statSync(path).isSocket()).toBe(true);
    const second = spawnGatehouse(["oauth2-proxy", `--http-address=unix://${path}`, ...flags()]);
    endings.push(() => second.end());
    const answer = await until("an answer", () =>
      fetch("http://localhost/ping", { unix: path }).catch(() => undefined),
    );
    expect(answer.status).toBe(200);
  });
});

describe.skipIf(!hasNginx || !hasSystemd)("a socket that systemd opened", () => {
  for (const [kind, address] of [
    ["a unix socket", async () => socketPath()],
    ["a port", async () => await freePort()],
  ] as const) {
    test(`${kind}: the drop-in starts at the first request, signs people in, and ends by SIGTERM with 0`, async () => {
      const where = await address();
      const listen = typeof where === "number" ? `127.0.0.1:${where}` : where;
      const child = Bun.spawn(
        [ACTIVATE, `--listen=${listen}`, LAUNCHER, "oauth2-proxy", "--http-address=FD:3", ...flags()],
        {
          stdout: "pipe",
          stderr: "pipe",
        },
      );
      endings.push(() => child.kill("SIGKILL"));
      const gateway = await freePort();
      const nginx = nginxAsksForEachRequest({ gateway, gate: where, application: helloPort });
      endings.push(() => nginx.stop());
      const { headers } = await signIn(gateway);
      expect(headers).toMatchObject({ "x-user": "id-of-alice" });
      child.kill("SIGTERM");
      expect(await child.exited).toBe(0);
      expect(await new Response(child.stdout).text()).toContain('"listening"');
      // It is systemd's: the next process listens on it again.
      if (typeof where === "string") expect(existsSync(where)).toBe(true);
    });
  }
});
