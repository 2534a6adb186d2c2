import type { Problem } from "../problem.ts";
import type { OptionDefinition } from "./options.ts";

/** Where a value stands, in the words of {@link Problem}. */
export type Place = Pick<Problem, "source" | "line" | "path">;

/** A value as it was found, before its type is looked at. */
export interface RawSetting {
  readonly option: OptionDefinition;
  readonly origin: "flag" | "environment" | "file";
  /** A flag's or variable's text (a list flag: its items), or whatever the file holds. */
  readonly raw: unknown;
  readonly place: Place;
}

/** What one source gave: settings by flag name, and what is wrong in it. */
export interface RawSettings {
  readonly settings: ReadonlyMap<string, RawSetting>;
  readonly problems: readonly Problem[];
}

/** Add a setting found under a key of the file, or a variable's: an older key wins over the newer one, as in the original. */
export function keepSetting(settings: Map<string, RawSetting>, key: string, setting: RawSetting): void {
  const { flag, oldToml } = setting.option;
  if (settings.has(flag) && oldToml !== undefined && key !== oldToml) return;
  settings.set(flag, setting);
}

/** The problem of a wrong value at a place. */
export function errorAt(place: Place, message: string, remedy: string): Problem {
  return { severity: "error", ...place, message: sentence(message), remedy };
}

/** Something that works, but not as its writer may believe. */
export function warningAt(place: Place, message: string, remedy: string): Problem {
  return { severity: "warning", ...place, message: sentence(message), remedy };
}

/** The original's texts carry no full stop. */
const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);
