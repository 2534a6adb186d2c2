import { expect, test } from "bun:test";
import { join } from "node:path";
import { type Deviation, readDeviations } from "./deviations.ts";
import { makeSigningKeys } from "./fake-provider/keys.ts";
import type { Command } from "./program.ts";
import { deviationsPath, isPossible, readRecordings } from "./recordings.ts";
import { replay, stepsOf } from "./replay.ts";
import { type Scenario, nameOf } from "./scenario.ts";
import { slots } from "./slots.ts";

/** Milliseconds that a scenario may take, its wait for a free slot included. */
const PATIENCE = 300_000;

/** Every recording of a program is played to `gatehouse PROGRAM`, and must come out as recorded or as declared. */
export function testReplay(program: string): void {
  const folder = join(import.meta.dir, program);
  const launcher = join(import.meta.dir, "..", "..", "bin", "gatehouse");
  const scenarios = readRecordings(folder);
  const deviations = readDeviations(deviationsPath(folder));
  const used = new Set<Deviation>();
  const replayed = new Set<string>();

  testEach(scenarios, { title: "", commandFor: () => [launcher, program], deviations }, (scenario, entries) => {
    replayed.add(scenario.name);
    for (const entry of entries) used.add(entry);
  });

  test("every deviation names a step that there is", () => {
    const isThere = ({ scenario: name, step: wanted }: Deviation): boolean => {
      const scenario = scenarios.find((candidate) => candidate.name === name);
      return scenario !== undefined && (wanted === "*" || stepsOf(scenario).some((step) => nameOf(step) === wanted));
    };
    expect(deviations.filter((entry) => !isThere(entry))).toEqual([]);
  });

  test("every deviation still excuses something", () => {
    process.stdout.write(`${deviations.length} deviations from the recordings of ${program} are declared\n`);
    expect(deviations.filter((entry) => replayed.has(entry.scenario) && !used.has(entry))).toEqual([]);
  });
}

/** An original answers as it did when it was recorded. Without its executable this is skipped. */
export function testOriginal(program: string, executableFor: (scenario: Scenario) => string | undefined): void {
  testEach(readRecordings(join(import.meta.dir, program)), {
    title: `${program} itself: `,
    deviations: [],
    commandFor: (scenario) => {
      const executable = executableFor(scenario);
      return executable === undefined ? undefined : [executable];
    },
  });
}

interface Trial {
  /** What comes before the scenario's name. */
  readonly title: string;
  /** Undefined = it cannot be played. */
  readonly commandFor: (scenario: Scenario) => Command | undefined;
  readonly deviations: readonly Deviation[];
}

function testEach(
  scenarios: readonly Scenario[],
  { title, commandFor, deviations }: Trial,
  onEnd: (scenario: Scenario, used: readonly Deviation[]) => void = () => undefined,
): void {
  const keys = makeSigningKeys();
  const room = slots(4);
  for (const scenario of scenarios) {
    const command = commandFor(scenario);
    test.concurrent.skipIf(command === undefined || !isPossible(scenario))(
      `${title}${scenario.name}`,
      async () => {
        if (command === undefined) return;
        const report = await room.use((pause) => replay({ command, keys, pause }, scenario, deviations));
        onEnd(scenario, report.used);
        expect(report.failures).toEqual([]);
      },
      PATIENCE,
    );
  }
}
