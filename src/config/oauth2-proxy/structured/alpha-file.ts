import { errorAt } from "../raw-setting.ts";
import type { StructuredOptions } from "../structured-options.ts";
import { readOptions } from "./alpha-options.ts";
import { parseAlphaYaml, placesOf } from "./alpha-yaml.ts";
import type { PlaceOf, StructuredDeps } from "./structured-resolving.ts";
import { substituteVariables } from "./substitute-variables.ts";

/** What an `--alpha-config` file says. `structured` is absent when it cannot be read as one; the problems then say why. */
export interface AlphaFile {
  readonly structured?: StructuredOptions;
  readonly placeOf: PlaceOf;
}

/**
 * Read an `--alpha-config` file: variables are put in first, keys match in any case, unknown ones are refused. Everything
 * wrong is added to `problems`. Lines are those of the text with the variables in it.
 */
export function loadAlphaFile(
  { env, problems }: Pick<StructuredDeps, "env" | "problems">,
  source: string,
  text: string,
): AlphaFile {
  const nowhere = { placeOf: placesOf({ source, places: new Map() }) };
  const substituted = substituteVariables(text, env);
  if ("error" in substituted) {
    const remedy = "Close each ${ on its own line, and write $$ for a dollar sign.";
    problems.push(errorAt({ source, path: "" }, substituted.error, remedy));
    return nowhere;
  }
  const yaml = parseAlphaYaml(problems, source, substituted.text);
  if (yaml === undefined) return nowhere;
  return { structured: readOptions(yaml), placeOf: placesOf(yaml) };
}
