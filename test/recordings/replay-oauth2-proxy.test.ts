import { expect, test } from "bun:test";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { needs } from "../support/needs.ts";
import { type Deviation, readDeviations } from "./deviations.ts";
import { makeSigningKeys } from "./fake-provider/keys.ts";
import { replay } from "./replay.ts";
import { type Scenario, nameOf } from "./scenario.ts";
import { slots } from "./slots.ts";

const FOLDER = join(import.meta.dir, "oauth2-proxy");
const DEVIATIONS = join(FOLDER, "deviations.json");
const LAUNCHER = join(import.meta.dir, "..", "..", "bin", "gatehouse");
/** Milliseconds that a scenario may take, its wait for a free slot included. */
const PATIENCE = 300_000;

const scenarios = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json") && name !== "deviations.json")
  .sort()
  // Recordings are our own data; a step that is not understood fails when it is played.
  .map((name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Scenario);
const deviations = readDeviations(DEVIATIONS);
const keys = makeSigningKeys();
const room = slots(4);
const hasRedis = Bun.which("redis-server") !== null;
const used = new Set<Deviation>();
const replayed = new Set<string>();

for (const scenario of scenarios) {
  const isPossible = !(scenario.needs ?? []).includes("redis") || needs("redis-server", hasRedis);
  test.concurrent.skipIf(!isPossible)(
    scenario.name,
    async () => {
      const report = await room.use((pause) =>
        replay({ command: [LAUNCHER, "oauth2-proxy"], keys, pause }, scenario, deviations),
      );
      for (const entry of report.used) used.add(entry);
      replayed.add(scenario.name);
      expect(report.failures).toEqual([]);
    },
    PATIENCE,
  );
}

test("every deviation names a step that there is", () => {
  const isThere = ({ scenario: name, step: wanted }: Deviation): boolean => {
    const scenario = scenarios.find((candidate) => candidate.name === name);
    return scenario !== undefined && (wanted === "*" || (scenario.steps ?? []).some((step) => nameOf(step) === wanted));
  };
  expect(deviations.filter((entry) => !isThere(entry))).toEqual([]);
});

test("every deviation still excuses something", () => {
  process.stdout.write(`${deviations.length} deviations from the recordings of oauth2-proxy are declared\n`);
  expect(deviations.filter((entry) => replayed.has(entry.scenario) && !used.has(entry))).toEqual([]);
});
