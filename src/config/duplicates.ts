import { type Finding, type Path, errorAt } from "./finding.ts";

/** Positions of values that were there before; `undefined` is no value. */
export function duplicates(values: readonly (string | undefined)[]): readonly number[] {
  const seen = new Set<string>();
  return values.flatMap((value, index) => {
    if (value === undefined) return [];
    if (seen.has(value)) return [index];
    seen.add(value);
    return [];
  });
}

/** An error for each entry whose `id` was there before. */
export function duplicateIds(
  section: string,
  entries: readonly ({ readonly id?: string | undefined } | undefined)[],
): readonly Finding[] {
  const ids = entries.map((entry) => entry?.id);
  return duplicates(ids).map((index) => {
    const path: Path = [section, index, "id"];
    return errorAt(path, `the id ${ids[index] ?? ""} is there twice.`, "Give each an id of its own.");
  });
}
