import { readFileSync } from "node:fs";
import type { Difference } from "./compare.ts";

/** A difference from a recording that is meant. */
export interface Deviation {
  readonly scenario: string;
  /** Name of the step; `*` = any of the scenario. */
  readonly step: string;
  /** Prefixes of the field paths that may differ. Absent or empty = anything may. */
  readonly where?: readonly string[];
  readonly reason: string;
}

/** Read the declared deviations. Throws when one does not say scenario, step and reason. */
export function readDeviations(path: string): readonly Deviation[] {
  const entries: readonly Partial<Deviation>[] = JSON.parse(readFileSync(path, "utf8"));
  return entries.map(({ scenario, step, where, reason }) => {
    if (!scenario || !step || !reason?.trim()) {
      throw new Error(
        `${path}: an entry needs scenario, step and reason: ${JSON.stringify({ scenario, step, reason })}`,
      );
    }
    return { scenario, step, reason, ...(where === undefined ? {} : { where }) };
  });
}

/** The first entry that covers every difference of a step. */
export function findDeviation(
  deviations: readonly Deviation[],
  step: { readonly scenario: string; readonly name: string },
  found: readonly Difference[],
): Deviation | undefined {
  return deviations.find(
    (entry) =>
      entry.scenario === step.scenario &&
      (entry.step === "*" || entry.step === step.name) &&
      found.every((difference) => isUnder(entry.where ?? [], difference)),
  );
}

function isUnder(prefixes: readonly string[], { where }: Difference): boolean {
  return prefixes.length === 0 || prefixes.some((prefix) => where.startsWith(prefix));
}
