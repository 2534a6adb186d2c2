import { afterAll, expect, test } from "bun:test";
import { symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { freePort, spawnGatehouse, temporaryFolder, untilAnswering } from "../support/gatehouse.ts";
import { adapt, example } from "../support/guide.ts";

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
