import { expect, test } from "bun:test";
import { join } from "node:path";
import { type Deviation, readDeviations } from "./deviations.ts";
import { makeSigningKeys } from "./fake-provider/keys.ts";
import { deviationsPath, isPossible, readRecordings } from "./recordings.ts";
import { replay, stepsOf } from "./replay.ts";
import { nameOf } from "./scenario.ts";
import { slots } from "./slots.ts";

const FOLDER = join(import.meta.dir, "oauth2-proxy");
const LAUNCHER = join(import.meta.dir, "..", "..", "bin", "gatehouse");
/** Milliseconds that a scenario may take, its wait for a free slot included. */
const PATIENCE = 300_000;

const scenarios = readRecordings(FOLDER);
const deviations = readDeviations(deviationsPath(FOLDER));
const keys = makeSigningKeys();
const room = slots(4);
const used = new Set<Deviation>();
const replayed = new Set<string>();

for (const scenario of scenarios) {
  test.concurrent.skipIf(!isPossible(scenario))(
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
    return scenario !== undefined && (wanted === "*" || stepsOf(scenario).some((step) => nameOf(step) === wanted));
  };
  expect(deviations.filter((entry) => !isThere(entry))).toEqual([]);
});

test("every deviation still excuses something", () => {
  process.stdout.write(`${deviations.length} deviations from the recordings of oauth2-proxy are declared\n`);
  expect(deviations.filter((entry) => replayed.has(entry.scenario) && !used.has(entry))).toEqual([]);
});
