import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { Browser } from "../support/browser.ts";
import {
  freePort,
  type GatehouseProcess,
  spawnGatehouse,
  startGatehouse,
  temporaryFolder,
  untilAnswering,
} from "../support/gatehouse.ts";
import { until } from "../support/until.ts";

const AUTH = "auth.gatehouse.localhost";
const passwordHash = await hashPassword("correct horse", "bcrypt");

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

interface Ports {
  readonly port: number;
  readonly telemetryPort: number;
}

function goodConfiguration({ port, telemetryPort }: Ports): string {
  return `publicUrl: http://${AUTH}:${port}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
cookie: { domain: gatehouse.localhost }
connectors:
  - id: local
    type: local
    users: [{ email: alice@example.com, name: Alice, passwordHash: "${passwordHash}" }]
apps:
  - { host: "wiki.gatehouse.localhost:${port}", allow: { everyone: true } }
`;
}

function folder(): string {
  const { path, remove } = temporaryFolder();
  endings.push(remove);
  return path;
}

function folderWith(configuration: string): string {
  const path = folder();
  writeFileSync(join(path, "gatehouse.yaml"), configuration, { mode: 0o600 });
  return path;
}

function run(cwd: string, ...args: readonly string[]): GatehouseProcess {
  const running = spawnGatehouse(args, { cwd });
  endings.push(() => running.end("SIGKILL"));
  return running;
}

/** Listen on a port as somebody else. @returns false when somebody else does already. */
function occupy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server: Server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => {
      endings.push(() => server.close());
      resolve(true);
    });
  });
}

async function isFree(port: number): Promise<boolean> {
  const taken = await fetch(`http://127.0.0.1:${port}/ping`).then(
    () => true,
    () => false,
  );
  return !taken;
}

describe("a file wrong in five places", () => {
  const wrong = (port: number): string => `publicUrl: auth.example.com
listen: 127.0.0.1:${port}
telemetryListen: "off"
dataDir: ./data
sesion: { idle: 8h }
cookie: { domain: example.com }
connectors:
  - id: local
    type: local
    users: [{ email: admin@example.com, passwordHash: hunter2 }]
  - { id: local, type: oidc, issuer: https://id.corp.example, clientId: gatehouse, clientSecret: { file: ./secret } }
apps:
  - host: wiki.example.com
    allow: { groups: [staff] }
    rules:
      - { paths: [admin/**], allow: { groups: [admins] } }
`;

  test("all five are told at once with line, column and what to do; nothing is started, nothing written", async () => {
    const port = await freePort();
    const path = folderWith(wrong(port));
    writeFileSync(join(path, "secret"), "shh\n", { mode: 0o600 });
    const gatehouse = run(path, "serve", "-c", "gatehouse.yaml");
    expect(await gatehouse.exited).toBe(2);
    expect(gatehouse.output().trimEnd().split("\n")).toEqual([
      "gatehouse.yaml:1:12  publicUrl: is not an http or https address. Write one such as https://auth.example.com, without wildcards.",
      'gatehouse.yaml:5:1  sesion: there is no such key. Did you mean "session"?',
      "gatehouse.yaml:10:55  connectors[0].users[0].passwordHash: is not a password hash (bcrypt of cost 10 to 16, or argon2id). Write one such as the output of `gatehouse hash-password`.",
      "gatehouse.yaml:11:11  connectors[1].id: the id local is there twice. Give each an id of its own.",
      "gatehouse.yaml:16:19  apps[0].rules[0].paths[0]: is not a path pattern (from the root, without query, encoding, dot segments; ** only as the last segment). Write one such as /healthz or /admin/**.",
    ]);
    expect(gatehouse.output()).not.toContain("hunter2");
    expect(readdirSync(path).toSorted()).toEqual(["gatehouse.yaml", "secret"]);
    expect(await isFree(port)).toBe(true);
  });

  test("`check` says the same", async () => {
    const path = folderWith(wrong(await freePort()));
    writeFileSync(join(path, "secret"), "shh\n", { mode: 0o600 });
    const [serving, checking] = [
      run(path, "serve", "-c", "gatehouse.yaml"),
      run(path, "check", "-c", "gatehouse.yaml"),
    ];
    expect(await checking.exited).toBe(2);
    await serving.exited;
    expect(checking.output().split("\n")).toEqual(expect.arrayContaining(serving.output().trimEnd().split("\n")));
  });
});

test.each([
  ["a file that is not there", ["serve", "-c", "nowhere.yaml"], "nowhere.yaml  there is no such file."],
  ["a folder in place of a file", ["serve", "-c", "folder"], "folder  cannot be read"],
  ["text that is not YAML", ["serve", "-c", "broken.yaml"], "broken.yaml:2:1  is not YAML"],
  ["no file at all", ["serve"], "usage: gatehouse serve -c FILE"],
  ["an unknown option", ["serve", "-c", "broken.yaml", "--verbose"], "usage: gatehouse serve -c FILE"],
  ["an unknown command", ["sevre"], 'gatehouse: there is no command "sevre".'],
])("%s: exit 2, clear words, no stack, nothing written", async (_name, args, words) => {
  const path = folder();
  writeFileSync(join(path, "broken.yaml"), "{ publicUrl: [\n");
  mkdirSync(join(path, "folder"));
  const gatehouse = run(path, ...args);
  expect(await gatehouse.exited).toBe(2);
  expect(gatehouse.output()).toContain(words);
  expect(gatehouse.output()).not.toMatch(/^\s+at /m);
  expect(readdirSync(path).toSorted()).toEqual(["broken.yaml", "folder"]);
});

test("without a command it says which there are", async () => {
  const gatehouse = run(folder());
  expect(await gatehouse.exited).toBe(2);
  expect(gatehouse.output()).toContain("usage: gatehouse COMMAND");
  expect(gatehouse.output()).toContain("serve");
});

describe("a port that is taken", () => {
  test("one line names the address and the key that changes it, and the process ends with 1", async () => {
    const ports = { port: await freePort(), telemetryPort: await freePort() };
    expect(await occupy(ports.port)).toBe(true);
    const gatehouse = run(folderWith(goodConfiguration(ports)), "serve", "-c", "gatehouse.yaml");
    expect(await gatehouse.exited).toBe(1);
    expect(gatehouse.output()).toBe(
      `gatehouse: 127.0.0.1:${ports.port} is already in use. Change it with \`gatehouse.yaml: listen\`.\n`,
    );
  });

  test("so does the one for telemetry, and then the first is not held either", async () => {
    const ports = { port: await freePort(), telemetryPort: await freePort() };
    expect(await occupy(ports.telemetryPort)).toBe(true);
    const gatehouse = run(folderWith(goodConfiguration(ports)), "serve", "-c", "gatehouse.yaml");
    expect(await gatehouse.exited).toBe(1);
    expect(gatehouse.output()).toBe(
      `gatehouse: 127.0.0.1:${ports.telemetryPort} is already in use. Change it with \`gatehouse.yaml: telemetryListen\`.\n`,
    );
    expect(await isFree(ports.port)).toBe(true);
  });

  test("an identity provider that does not answer does not hold the end up", async () => {
    const ports = { port: await freePort(), telemetryPort: await freePort() };
    const silent = await freePort();
    expect([await occupy(ports.port), await occupy(silent)]).toEqual([true, true]);
    const connector = `  - { id: corp, type: oidc, issuer: "http://127.0.0.1:${silent}", clientId: gatehouse, clientSecret: { file: ./secret } }`;
    const path = folderWith(goodConfiguration(ports).replace("connectors:\n", `connectors:\n${connector}\n`));
    writeFileSync(join(path, "secret"), "shh\n", { mode: 0o600 });
    const gatehouse = run(path, "serve", "-c", "gatehouse.yaml");
    expect(await gatehouse.exited).toBe(1);
    expect(gatehouse.output()).toContain("is already in use.");
  });

  test("`demo` says so and takes the next free one", async () => {
    await occupy(8080);
    const demo = run(folder(), "demo");
    const [, found = ""] = await until("the welcome", () => {
      return demo.output().includes("password  ") && (/next free one, (\d+)\./.exec(demo.output()) ?? undefined);
    });
    expect(demo.output()).toContain(`Port 8080 is taken; using the next free one, ${found}.`);
    expect(demo.output()).toContain(`http://hello.gatehouse.localhost:${found}/`);
    const browser = new Browser();
    const form = await browser.open(`http://hello.gatehouse.localhost:${found}/`);
    const password = /password {2}(\S+)/.exec(demo.output())?.[1] ?? "";
    const page = await browser.submit(form, { username: "admin@example.com", password });
    expect([page.status, page.url]).toEqual([200, `http://hello.gatehouse.localhost:${found}/`]);
    expect(await demo.end()).toBe(0);
  });
});

describe("SIGHUP", () => {
  async function startWithWiki() {
    const gatehouse = await startGatehouse((ports) => goodConfiguration(ports));
    endings.push(gatehouse.stop);
    const file = join(gatehouse.folder, "gatehouse.yaml");
    const reload = async (configuration: string | undefined, event: string): Promise<void> => {
      if (configuration === undefined) rmSync(file);
      else writeFileSync(file, configuration);
      const before = gatehouse.process.output().length;
      process.kill(gatehouse.process.pid, "SIGHUP");
      await until(event, () => gatehouse.process.output().slice(before).includes(event));
    };
    const browser = new Browser();
    const rd = encodeURIComponent(`http://${AUTH}:${gatehouse.port}/oauth2/userinfo`);
    const form = await browser.open(gatehouse.url(AUTH, `/oauth2/start?rd=${rd}`));
    const page = await browser.submit(form, { username: "alice@example.com", password: "correct horse" });
    expect(page.status).toBe(200);
    return { gatehouse, reload, browser };
  }

  test("a wrong file keeps the last good one, and says what is wrong", async () => {
    const { gatehouse, reload, browser } = await startWithWiki();
    await reload("publicUrl: nonsense\nconnectors: []\n", "the last good one stays");
    expect(gatehouse.process.output()).toContain("gatehouse.yaml:1:12  publicUrl: is not an http or https address.");
    expect((await browser.request(gatehouse.url(AUTH, "/oauth2/userinfo"))).status).toBe(200);
    await reload(undefined, "the last good one stays");
    expect((await browser.request(gatehouse.url(AUTH, "/oauth2/userinfo"))).status).toBe(200);
    expect((await new Browser().open(gatehouse.url(AUTH, "/oauth2/sign_in"))).body).toContain('name="password"');
  });

  test("a right one is applied, and nobody is signed out", async () => {
    const { gatehouse, reload, browser } = await startWithWiki();
    const host = `blog.gatehouse.localhost:${gatehouse.port}`;
    const start = gatehouse.url(AUTH, `/oauth2/start?rd=${encodeURIComponent(`http://${host}/page`)}`);
    const toBlog = async (): Promise<number> => (await new Browser().request(`http://${host}/page`)).status;
    expect(await toBlog()).toBe(404);
    expect((await new Browser().open(start)).body).not.toContain("The Blog");
    const ports = { port: gatehouse.port, telemetryPort: gatehouse.telemetryPort };
    const upstream = `http://127.0.0.1:${gatehouse.telemetryPort}`;
    const blog = `  - { host: "${host}", name: The Blog, upstream: "${upstream}", allow: { everyone: true } }\n`;
    await reload(goodConfiguration(ports) + blog, "configuration reloaded");
    expect(await toBlog()).toBe(302);
    expect((await new Browser().open(start)).body).toContain("The Blog");
    expect((await browser.request(`http://${host}/healthz`)).body).toBe("ok\n");
    expect((await browser.request(gatehouse.url(AUTH, "/oauth2/userinfo"))).status).toBe(200);
  });

  test("what only a restart can change is said, and the rest applied", async () => {
    const { gatehouse, reload, browser } = await startWithWiki();
    const ports = { port: await freePort(), telemetryPort: gatehouse.telemetryPort };
    await reload(goodConfiguration(ports), "change only with a restart");
    await untilAnswering(gatehouse.url("127.0.0.1", "/ping"));
    expect((await browser.request(gatehouse.url(AUTH, "/oauth2/userinfo"))).status).toBe(200);
    expect(await isFree(ports.port)).toBe(true);
  });
});
