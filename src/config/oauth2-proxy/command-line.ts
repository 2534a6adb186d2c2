import { nearestName } from "../nearest-name.ts";
import type { Problem } from "../problem.ts";
import { parseCsvList } from "./csv-list.ts";
import { parseOptionText } from "./option-value.ts";
import { OPTIONS, type OptionDefinition } from "./options.ts";
import { errorAt, type RawSetting, type RawSettings, warningAt } from "./raw-setting.ts";

/** The flags of a command line. */
export interface CommandLine extends RawSettings {
  readonly help: boolean;
}

const BY_FLAG: ReadonlyMap<string, OptionDefinition> = new Map(OPTIONS.map((option) => [option.flag, option]));

interface Reading {
  readonly settings: Map<string, RawSetting>;
  readonly problems: Problem[];
  help: boolean;
}

/**
 * Read flags as the original does (pflag): `--flag=value`, `--flag value`; a boolean without `=` is true and takes
 * no further word; lists repeat and split at commas; `--` ends the flags. All mistakes are gathered.
 *
 * Words that are no flags are ignored, as there, but with a warning: `--cookie-secure false` does not do what it says.
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const reading: Reading = { settings: new Map(), problems: [], help: false };
  for (let at = 0; at < argv.length;) {
    const word = argv[at] ?? "";
    if (word === "--") {
      for (let rest = at + 1; rest < argv.length; rest++) ignoreWord(reading, argv[rest] ?? "", rest);
      break;
    }
    at += readWord(reading, argv, at);
  }
  return reading;
}

/** How many words were used. */
function readWord(reading: Reading, argv: readonly string[], at: number): number {
  const word = argv[at] ?? "";
  if (word === "-h" || /^--help(?:=|$)/.test(word)) reading.help = true;
  else if (word.startsWith("--")) return readFlag(reading, word, argv[at + 1]);
  else if (word.startsWith("-") && word !== "-") refuseSingleDash(reading, word);
  else ignoreWord(reading, word, at);
  return 1;
}

function readFlag(reading: Reading, word: string, next: string | undefined): number {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals === -1 ? undefined : equals);
  const option = BY_FLAG.get(name);
  if (option === undefined) {
    reading.problems.push(unknownFlag(name));
    return 1;
  }
  const attached = equals === -1 ? undefined : word.slice(equals + 1);
  const text = attached ?? (option.type === "bool" ? "true" : next);
  if (text === undefined) {
    const place = { source: `--${name}`, path: "" };
    reading.problems.push(errorAt(place, `flag needs an argument: --${name}`, `Write --${name}=VALUE.`));
    return 1;
  }
  keep(reading, option, text);
  return attached === undefined && option.type !== "bool" ? 2 : 1;
}

function keep(reading: Reading, option: OptionDefinition, text: string): void {
  const place = { source: `--${option.flag}`, path: "" };
  const parsed = option.type === "list" ? parseCsvList(text) : parseOptionText(option.type, text);
  if ("error" in parsed) {
    const message = `invalid argument ${JSON.stringify(text)} for "--${option.flag}" flag: ${parsed.error}`;
    reading.problems.push(errorAt(place, message, REMEDIES[option.type]));
    return;
  }
  const before = reading.settings.get(option.flag)?.raw;
  const earlier: readonly unknown[] = option.type === "list" && Array.isArray(before) ? before : [];
  const raw = "items" in parsed ? [...earlier, ...parsed.items] : text;
  reading.settings.set(option.flag, { option, origin: "flag", raw, place });
}

const REMEDIES: Readonly<Record<OptionDefinition["type"], string>> = {
  string: "",
  bool: "Write true or false.",
  int: "Write a whole number.",
  duration: "Write a duration with a unit, such as 168h or 1m30s.",
  list: "Separate the items with commas, and put one that holds a comma into quotation marks.",
};

function unknownFlag(name: string): Problem {
  const place = { source: `--${name}`, path: "" };
  if (name === "") return errorAt({ source: "command line", path: "" }, "bad flag syntax: --=", "Write --name=value.");
  const near = nearestName(name, BY_FLAG.keys());
  return errorAt(place, `unknown flag: --${name}`, near === undefined ? "See --help." : `Did you mean --${near}?`);
}

function refuseSingleDash(reading: Reading, word: string): void {
  const name = word.replace(/^-/, "").replace(/=.*$/s, "");
  const near = BY_FLAG.has(name) ? name : nearestName(name, BY_FLAG.keys());
  const remedy = near === undefined ? "Flags start with two dashes; see --help." : `Write --${near}, with two dashes.`;
  reading.problems.push(errorAt({ source: `-${name}`, path: "" }, `unknown shorthand flag: -${name}`, remedy));
}

/** The word itself is shown only when it is harmless: a secret may have slipped off its flag. */
function ignoreWord(reading: Reading, word: string, at: number): void {
  const shown = /^(?:true|false|yes|no|on|off|[01])$/i.test(word) ? ` (${word})` : "";
  const place = { source: "command line", path: `word ${at + 1}${shown}` };
  reading.problems.push(
    warningAt(place, "is not a flag and is ignored.", "A boolean's value needs an equals sign: --flag=false."),
  );
}
