import { type Difference, describeDifference, differences } from "./compare.ts";
import { type Deviation, findDeviation } from "./deviations.ts";
import { startProgram } from "./launches.ts";
import { type Scenario, type Step, isCompared, nameOf } from "./scenario.ts";
import { runStep } from "./steps.ts";
import { type World, type WorldDeps, inWorld } from "./world.ts";

/** How the replay of one scenario went. */
export interface Report {
  readonly passed: number;
  /** Entries of the deviations file that excused a step, one for each. */
  readonly used: readonly Deviation[];
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly step: string;
  /** Differences that no deviation covers, or why the step could not be carried out. */
  readonly why: readonly string[];
}

/**
 * Play a recording against the program and compare every step with what was recorded. A step that cannot be carried out
 * fails, and no deviation excuses it; a program that does not start fails every step.
 */
export function replay(deps: WorldDeps, scenario: Scenario, deviations: readonly Deviation[]): Promise<Report> {
  return inWorld(deps, scenario, async (world) => {
    const broken = await startIfWanted(world);
    const report = { passed: 0, used: [] as Deviation[], failures: [] as Failure[] };
    for (const step of stepsOf(scenario)) {
      const fail = (...why: string[]): unknown => report.failures.push({ step: nameOf(step), why });
      if (broken !== undefined) {
        if (isCompared(step)) fail(broken);
        continue;
      }
      const verdict = await play(world, step);
      if (typeof verdict === "string") fail(verdict);
      if (typeof verdict === "string" || !isCompared(step)) continue;
      const entry = findDeviation(deviations, { scenario: scenario.name, name: nameOf(step) }, verdict);
      if (verdict.length === 0) report.passed += 1;
      else if (entry !== undefined) report.used.push(entry);
      else fail(...verdict.map(describeDifference));
    }
    return report;
  });
}

/** A scenario's steps; a program that must end by itself is a scenario of one launch. */
export function stepsOf(scenario: Scenario): readonly Step[] {
  if (scenario.start !== "fails") return scenario.steps ?? [];
  const { args = [], env = {}, mentions = [], ready, expect = null } = scenario;
  const start = ready === undefined ? { args, env, mentions } : { args, env, mentions, ready };
  return [{ name: "start", launch: start, expect }];
}

/** @returns why the program does not run, if it should. */
async function startIfWanted(world: World): Promise<string | undefined> {
  if ((world.scenario.start ?? "serves") !== "serves") return undefined;
  try {
    await startProgram(world, world.scenario);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** @returns the differences, or why the step could not be carried out. */
async function play(world: World, step: Step): Promise<readonly Difference[] | string> {
  try {
    return differences(step.expect, await runStep(world, step));
  } catch (error) {
    return String(error);
  }
}
