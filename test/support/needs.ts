const told = new Set<string>();

/**
 * Is a real part that tests run against there? A missing one is told once, in a line that `npm test` counts, and fails
 * the run when `CI=true`: there nothing may be skipped.
 */
export function needs(part: string, available: boolean): boolean {
  if (available) return true;
  if (process.env["CI"] === "true") throw new Error(`${part} is missing, and CI may not skip its tests`);
  if (!told.has(part)) {
    told.add(part);
    process.stdout.write(`SKIPPED: ${part} is missing\n`);
  }
  return false;
}
