import type { Problem } from "../problem.ts";
import { type Parsed, parseFileValue, parseOptionText } from "./option-value.ts";
import { type OptionDefinition, type OptionName, OPTIONS, type OptionType, type OptionValue } from "./options.ts";
import { errorAt, type Place, type RawSetting, type RawSettings } from "./raw-setting.ts";

/** Every option with the value that won. */
export interface Settings {
  text(name: OptionName<"string">): string;
  flag(name: OptionName<"bool">): boolean;
  seconds(name: OptionName<"duration">): number;
  number(name: OptionName<"int">): number;
  list(name: OptionName<"list">): readonly string[];
  /** Where the value stands, for an error about it; for an unset option, its flag. */
  place(name: OptionName): Place;
  /** Options that somebody set to another value than their default, in the order of the table. */
  changed(): readonly ChangedOption[];
  /** Was it given at all, be it with its default? */
  isSet(name: OptionName): boolean;
}

export interface ChangedOption {
  readonly option: OptionDefinition;
  readonly place: Place;
}

/** The settings that hold, and what is wrong with the values of those. */
export interface MergedSettings {
  readonly settings: Settings;
  readonly problems: readonly Problem[];
}

interface Winner {
  readonly option: OptionDefinition;
  readonly value: OptionValue;
  readonly place: Place;
  /** No source has it: the value is the default. */
  readonly isDefault?: true;
}

/** Choose each option's value: the first source that has it wins, a list replaces a list. Without one, the default. */
export function mergeSettings(sources: readonly RawSettings[]): MergedSettings {
  const problems: Problem[] = [];
  const winners = new Map<string, Winner>();
  for (const option of OPTIONS) {
    const found = sources.map((source) => source.settings.get(option.flag)).find((setting) => setting !== undefined);
    winners.set(option.flag, found === undefined ? unset(option) : parseWinner(found, problems));
  }
  return { settings: settingsOver(winners), problems };
}

const unset = (option: OptionDefinition): Winner => ({
  option,
  value: defaultValue(option),
  isDefault: true,
  place: { source: "oauth2-proxy", path: `--${option.flag}` },
});

function defaultValue(option: OptionDefinition): OptionValue {
  if (typeof option.default !== "string") return option.default;
  const parsed = parseOptionText(option.type, option.default);
  return "value" in parsed ? parsed.value : option.default;
}

function parseWinner(setting: RawSetting, problems: Problem[]): Winner {
  const { option, place } = setting;
  const parsed = parseRaw(setting);
  if ("value" in parsed) return { option, value: parsed.value, place };
  problems.push(errorAt(place, `cannot be read as ${KINDS[option.type]}: ${parsed.error}.`, "Correct the value."));
  return { option, value: defaultValue(option), place };
}

function parseRaw({ option, origin, raw }: RawSetting): Parsed {
  if (origin === "file") return parseFileValue(option.type, raw);
  if (typeof raw === "string") return parseOptionText(option.type, raw);
  return parseFileValue("list", raw);
}

const KINDS: Readonly<Record<OptionType, string>> = {
  string: "text",
  bool: "a boolean",
  int: "a whole number",
  duration: "a duration",
  list: "a list",
};

function settingsOver(winners: ReadonlyMap<string, Winner>): Settings {
  const get = (name: OptionName): Winner => {
    const winner = winners.get(name);
    if (winner === undefined) throw new Error(`no option ${name}`);
    return winner;
  };
  return {
    text: (name) => String(get(name).value),
    flag: (name) => get(name).value === true,
    seconds: (name) => Number(get(name).value),
    number: (name) => Number(get(name).value),
    list: (name) => {
      const { value } = get(name);
      return typeof value === "object" ? value : [];
    },
    place: (name) => get(name).place,
    isSet: (name) => get(name).isDefault !== true,
    changed: () => [...winners.values()].filter(isChanged),
  };
}

function isChanged({ option, value }: Winner): boolean {
  return JSON.stringify(value) !== JSON.stringify(defaultValue(option));
}
