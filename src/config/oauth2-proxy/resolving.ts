import type { Problem } from "../problem.ts";
import type { OptionName } from "./options.ts";
import { errorAt, warningAt } from "./raw-setting.ts";
import type { Settings } from "./settings.ts";

export interface ResolveDeps {
  /** The text of a file; throws when it cannot be read. */
  readonly readFile: (path: string) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the settings are read from, and where everything wrong with them is gathered. */
export interface Resolving extends ResolveDeps {
  readonly settings: Settings;
  readonly problems: Problem[];
}

/** A duration that may not run backwards. */
export function notNegative({ settings, problems }: Resolving, name: OptionName<"duration">): number {
  const seconds = settings.seconds(name);
  if (seconds < 0) problems.push(errorAt(settings.place(name), "must not be negative.", "Write 0 or more."));
  return seconds;
}

/** A list without its empty items, which come from a superfluous comma. */
export function withoutEmpty({ settings, problems }: Resolving, name: OptionName<"list">): readonly string[] {
  const items = settings.list(name);
  const kept = items.filter((item) => item.trim() !== "");
  if (kept.length < items.length) {
    problems.push(warningAt(settings.place(name), "an empty item is ignored.", "Remove the superfluous comma."));
  }
  return kept;
}
