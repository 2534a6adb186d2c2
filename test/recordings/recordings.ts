import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { HAS_SLAPD } from "../support/ldap-server.ts";
import { needs } from "../support/needs.ts";
import type { Need, Scenario } from "./scenario.ts";

const DEVIATIONS = "deviations.json";

/** The recordings of a folder, by name. */
export function readRecordings(folder: string): readonly Scenario[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json") && name !== DEVIATIONS);
  // They are our own data; a step that is not understood fails when it is played.
  return names.sort().map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Scenario);
}

/** Where a folder's deviations are declared. */
export function deviationsPath(folder: string): string {
  return join(folder, DEVIATIONS);
}

/** Is everything there that a scenario needs? What is missing is told, and fails the run when `CI=true`. */
export function isPossible({ needs: wanted = [] }: Pick<Scenario, "needs">): boolean {
  const isThere = (need: Need): boolean => {
    if (need === "redis") return needs("redis-server", Bun.which("redis-server") !== null);
    return need !== "slapd" || HAS_SLAPD;
  };
  return wanted.every(isThere);
}
