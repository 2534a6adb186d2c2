import { parse, TomlError } from "smol-toml";
import { nearestName } from "../nearest-name.ts";
import type { Problem } from "../problem.ts";
import { OPTIONS, type OptionDefinition, tomlKey } from "./options.ts";
import { errorAt, keepSetting, type RawSetting, type RawSettings } from "./raw-setting.ts";

const BY_KEY: ReadonlyMap<string, OptionDefinition> = new Map(
  OPTIONS.flatMap((option: OptionDefinition) =>
    [tomlKey(option), option.oldToml].flatMap((key) => (key === undefined ? [] : [[key, option] as const])),
  ),
);

/** Read the configuration file. Keys are case-insensitive; an unknown one is an error, as in the original. */
export function parseTomlFile(source: string, text: string): RawSettings {
  const settings = new Map<string, RawSetting>();
  const problems: Problem[] = [];
  const table = parseToml(source, text);
  if ("problem" in table) return { settings, problems: [table.problem] };
  const lines = text.split("\n");
  for (const [key, raw] of Object.entries(table.values)) {
    const line = lineOf(lines, key);
    const place = { source, path: key, ...(line === undefined ? {} : { line }) };
    const option = BY_KEY.get(key.toLowerCase());
    if (option === undefined) problems.push(errorAt(place, `has invalid keys: ${key}`, unknownKeyRemedy(key)));
    else keepSetting(settings, key.toLowerCase(), { option, origin: "file", raw, place });
  }
  return { settings, problems };
}

type Table = { readonly values: Readonly<Record<string, unknown>> } | { readonly problem: Problem };

function parseToml(source: string, text: string): Table {
  try {
    return { values: parse(text) };
  } catch (error) {
    const position = error instanceof TomlError ? { line: error.line, column: error.column } : {};
    const key = keyAt(text, position.line);
    const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0];
    const message = `${key === undefined ? "" : `${key}: `}is not TOML: ${reason}.`;
    return { problem: { severity: "error", source, ...position, path: "", message, remedy: "Correct the syntax." } };
  }
}

/** Of a line only the key is shown: its value may be a secret. */
function keyAt(text: string, line: number | undefined): string | undefined {
  return line === undefined ? undefined : /^\s*"?([\w-]+)"?\s*=/.exec(text.split("\n")[line - 1] ?? "")?.[1];
}

function unknownKeyRemedy(key: string): string {
  const flag = key.replaceAll("_", "-");
  if (OPTIONS.some((option) => option.flag === flag && tomlKey(option) === undefined)) return `Use the flag --${flag}.`;
  const near = nearestName(key, BY_KEY.keys());
  return near === undefined ? "Remove it." : `Did you mean ${near}?`;
}

/** The parser keeps no positions, so look for the line where the key is given a value or opens a table. 1-based. */
function lineOf(lines: readonly string[], key: string): number | undefined {
  const index = lines.findIndex((line) => {
    const start = /^\s*(?:\[\[?\s*)?(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*[=.\]]/.exec(line);
    return start !== null && (start[1] ?? start[2] ?? start[3]) === key;
  });
  return index === -1 ? undefined : index + 1;
}
