import type { Problem } from "../problem.ts";
import type { OptionDefinition } from "./options.ts";
import { errorAt, type RawSetting, type RawSettings, warningAt } from "./raw-setting.ts";

/**
 * The settings that hold beside a structured file. The flags and keys that it replaces are unknown then, and their
 * variables are ignored, as in the original.
 */
export function withoutStructured(sources: readonly RawSettings[], problems: Problem[]): readonly RawSettings[] {
  return sources.map((source) => {
    const kept = new Map<string, RawSetting>();
    for (const [flag, setting] of source.settings) {
      const { option } = setting;
      if (option.structured === true) problems.push(judge(setting, option));
      else kept.set(flag, setting);
    }
    return { settings: kept, problems: source.problems };
  });
}

const REMEDY = "Say it in the file that --alpha-config names.";

function judge({ origin, place }: RawSetting, option: OptionDefinition): Problem {
  if (origin === "flag") return errorAt(place, `unknown flag: --${option.flag} beside --alpha-config`, REMEDY);
  if (origin === "file") return errorAt(place, `has invalid keys: ${place.path} beside --alpha-config`, REMEDY);
  return warningAt(place, "is ignored beside --alpha-config.", REMEDY);
}
