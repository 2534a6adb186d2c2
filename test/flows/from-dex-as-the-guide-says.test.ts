import { afterAll, expect, test } from "bun:test";
import { symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { freePort, spawnGatehouse, temporaryFolder, untilAnswering } from "../support/gatehouse.ts";
import { adapt, example } from "../support/guide.ts";

const GUIDE = "docs/guide/from-dex.md";

const folder = temporaryFolder();
const launcher = join(folder.path, "dex");
symlinkSync(resolve(import.meta.dir, "../../bin/gatehouse"), launcher);
afterAll(() => folder.remove());

test("dex check says of the guide's file what the guide says that it does, among other things", async () => {
  writeFileSync(join(folder.path, "config.yaml"), example(GUIDE, "yaml"));
  const running = spawnGatehouse(["check", "config.yaml"], { cwd: folder.path, launcher });
  expect(await running.exited).toBe(0);
  const said = new Set(running.output().split("\n"));
  const wanted = example(GUIDE, "text").trim().split("\n");
  expect(wanted.filter((line) => !said.has(line))).toEqual([]);
});

test("under the name dex it starts from the guide's file, with the flags of the chart", async () => {
  const [port, telemetry] = [await freePort(), await freePort()];
  const text = adapt(example(GUIDE, "yaml"), [["/var/dex/dex.db", join(folder.path, "dex.db")]]);
  writeFileSync(join(folder.path, "config.yaml"), text);
  const flags = ["--web-http-addr", `127.0.0.1:${port}`, "--telemetry-addr", `127.0.0.1:${telemetry}`];
  const running = spawnGatehouse(["serve", ...flags, "config.yaml"], { cwd: folder.path, launcher });
  await untilAnswering(`http://127.0.0.1:${port}/dex/healthz`, running);
  const paths = ["healthz/live", "healthz/ready", "metrics"];
  const answers = await Promise.all(paths.map((path) => fetch(`http://127.0.0.1:${telemetry}/${path}`)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await running.end()).toBe(0);
});
