import { afterEach, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { freePort, type GatehouseProcess, spawnGatehouse, temporaryFolder } from "../support/gatehouse.ts";
import { selfSigned } from "../support/self-signed.ts";
import { until } from "../support/until.ts";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function folder(): string {
  const made = temporaryFolder();
  endings.push(() => made.remove());
  return made.path;
}

const FLAGS = ["--client-id=app", "--client-secret=s", "--cookie-secret=0123456789abcdef0123456789abcdef"];

async function start(...listeners: readonly string[]): Promise<GatehouseProcess> {
  const args = ["oauth2-proxy", "--provider=github", ...FLAGS, "--email-domain=*", "--upstream=static://200"];
  const running = spawnGatehouse([...args, ...listeners]);
  endings.push(() => running.end("SIGKILL"));
  const state = { ended: false };
  void running.exited.then(() => (state.ended = true));
  await until("the listeners", () => state.ended || running.output().includes('"listening"'));
  return running;
}

/** A certificate in files, as a flag's two values. */
function certificateIn(
  path: string,
  name: string,
): { readonly certificate: string; readonly flags: readonly string[] } {
  const { certificate, key } = selfSigned(name);
  writeFileSync(join(path, `${name}.crt`), certificate);
  writeFileSync(join(path, `${name}.key`), key);
  return { certificate, flags: [join(path, `${name}.crt`), join(path, `${name}.key`)] };
}

test("the proxy and its metrics speak TLS, each with its own certificate", async () => {
  const path = folder();
  const [gate, metrics] = [certificateIn(path, "gate"), certificateIn(path, "metrics")];
  const [port, metricsPort] = [await freePort(), await freePort()];
  const running = await start(
    `--https-address=127.0.0.1:${port}`,
    `--tls-cert-file=${gate.flags[0] ?? ""}`,
    `--tls-key-file=${gate.flags[1] ?? ""}`,
    `--metrics-secure-address=127.0.0.1:${metricsPort}`,
    `--metrics-tls-cert-file=${metrics.flags[0] ?? ""}`,
    `--metrics-tls-key-file=${metrics.flags[1] ?? ""}`,
  );
  const ping = await fetch(`https://127.0.0.1:${port}/ping`, { tls: { ca: gate.certificate } });
  expect([ping.status, await ping.text()]).toEqual([200, "OK"]);
  const numbers = await fetch(`https://127.0.0.1:${metricsPort}/metrics`, { tls: { ca: metrics.certificate } });
  expect(await numbers.text()).toContain("# HELP ");
  expect(await running.end()).toBe(0);
});

test("a unix socket has the mode that the address names, and is gone at the end", async () => {
  const path = join(folder(), "gate.sock");
  const running = await start(`--http-address=unix://${path},mode=0660`);
  expect((await fetch("http://localhost/ping", { unix: path })).status).toBe(200);
  expect(await running.end()).toBe(0);
  expect(existsSync(path)).toBe(false);
});

test("an address that is taken ends the start with 1, and with the address and its flag in the message", async () => {
  const path = join(folder(), "gate.sock");
  await start(`--http-address=unix://${path}`);
  const second = await start(`--http-address=unix://${path}`);
  expect(await second.exited).toBe(1);
  expect(second.output()).toContain(`unix:${path} is already in use. Change it with \`--http-address\`.`);
});

test("a key that is another's ends the start, and the message names the flag", async () => {
  const path = folder();
  const [one, two] = [certificateIn(path, "one"), certificateIn(path, "two")];
  const running = await start(
    "--https-address=127.0.0.1:0",
    `--tls-cert-file=${one.flags[0] ?? ""}`,
    `--tls-key-file=${two.flags[1] ?? ""}`,
  );
  expect(await running.exited).not.toBe(0);
  expect(running.output()).toContain("--tls-cert-file");
  expect(running.output()).not.toContain("PRIVATE");
});
