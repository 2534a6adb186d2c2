import type { Configuration } from "../configuration.ts";
import type { LoadResult, Problem } from "../problem.ts";
import { parseCommandLine } from "./command-line.ts";
import { listDifferences } from "./differences.ts";
import { readEnvironment } from "./environment.ts";
import { errorAt, type RawSettings } from "./raw-setting.ts";
import { renderOauth2ProxyHelp } from "./render-help.ts";
import { resolveSettings } from "./resolve.ts";
import type { ResolveDeps, Resolving } from "./resolving.ts";
import { mergeSettings } from "./settings.ts";
import { type PlacedStructured, structuredFromFlags } from "./structured-from-flags.ts";
import { loadAlphaFile } from "./structured/alpha-file.ts";
import { renderAlpha } from "./structured/render-alpha.ts";
import { parseTomlFile } from "./toml-file.ts";
import { warnAboutUse } from "./warn-about-use.ts";
import { withoutStructured } from "./without-structured.ts";

/** What the command line asks for. */
export type Oauth2ProxyCommand =
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" }
  | { readonly kind: "convert"; readonly result: LoadResult<string> }
  | {
      readonly kind: "config-test";
      readonly result: LoadResult<Configuration>;
      /** How Gatehouse will behave otherwise than the original with this configuration; sentences. */
      readonly differences: readonly string[];
    }
  | { readonly kind: "serve"; readonly result: LoadResult<Configuration> };

/**
 * Load oauth2-proxy's configuration: flags win over `OAUTH2_PROXY_…` variables, these over the file named by
 * `--config`, that over defaults. Everything wrong is in `result.problems`, all at once; nothing is thrown.
 *
 * @param argv the words after `oauth2-proxy`.
 */
export function loadOauth2ProxyConfiguration(deps: ResolveDeps, argv: readonly string[]): Oauth2ProxyCommand {
  const commandLine = parseCommandLine(argv);
  if (commandLine.help) return { kind: "help", text: renderOauth2ProxyHelp() };
  const { settings } = mergeSettings([commandLine]);
  if (settings.flag("version") && commandLine.problems.every(({ severity }) => severity !== "error")) {
    return { kind: "version" };
  }
  const alphaPath = settings.text("alpha-config");
  const loading: Loading = { deps, commandLine, alphaPath, problems: [] };
  refuseTogether(loading, settings.flag("config-test"), settings.flag("convert-config-to-alpha"));
  if (settings.flag("convert-config-to-alpha")) return { kind: "convert", result: convert(loading) };
  if (!settings.flag("config-test")) return { kind: "serve", result: load(loading).result };
  const { result, resolving } = load(loading);
  const differences =
    result.configuration === undefined || resolving === undefined
      ? []
      : listDifferences(resolving.settings, result.configuration);
  return { kind: "config-test", result, differences };
}

interface Loading {
  readonly deps: ResolveDeps;
  readonly commandLine: RawSettings;
  /** Empty = the flags say everything. */
  readonly alphaPath: string;
  readonly problems: Problem[];
}

function refuseTogether({ commandLine, alphaPath, problems }: Loading, isTest: boolean, isConversion: boolean): void {
  const place = commandLine.settings.get("convert-config-to-alpha")?.place;
  if (!isConversion || place === undefined) return;
  const other = alphaPath === "" ? (isTest ? "config-test" : "") : "alpha-config";
  if (other === "") return;
  const message = `cannot use ${other} and convert-config-to-alpha together`;
  problems.push(errorAt(place, message, `Leave out --${other}.`));
}

interface Loaded {
  readonly result: LoadResult<Configuration>;
  readonly resolving?: Resolving;
}

function load(loading: Loading): Loaded {
  const resolving = readSettings(loading);
  if (resolving === undefined) return { result: finish(loading.problems) };
  warnAboutUse(resolving, loading.alphaPath !== "");
  const placed = loading.alphaPath === "" ? structuredFromFlags(resolving) : readAlphaFile(loading, resolving);
  if (placed === undefined) return { result: finish(loading.problems) };
  const configuration = resolveSettings(resolving, placed);
  return { result: finish(loading.problems, configuration), resolving };
}

/** As the original does, without looking at whether the configuration could be started. */
function convert(loading: Loading): LoadResult<string> {
  const resolving = readSettings(loading);
  if (resolving === undefined) return finish(loading.problems);
  const { structured } = structuredFromFlags(resolving);
  return finish(loading.problems, renderAlpha(structured));
}

function finish<T>(problems: readonly Problem[], configuration?: T): LoadResult<T> {
  const sorted = [...problems].sort((left, right) => (left.line ?? 0) - (right.line ?? 0));
  const isWrong = sorted.some(({ severity }) => severity === "error");
  return isWrong || configuration === undefined ? { problems: sorted } : { configuration, problems: sorted };
}

/** Undefined when the file is no file at all: what it was to say would only be reported as missing. */
function readSettings({ deps, commandLine, alphaPath, problems }: Loading): Resolving | undefined {
  const file = readConfigFile(deps, commandLine);
  const environment = readEnvironment(deps.env);
  problems.push(...commandLine.problems, ...environment.problems, ...file.problems);
  if (file.settings.size === 0 && file.problems.length > 0) return undefined;
  const sources = [commandLine, environment, file];
  const merged = mergeSettings(alphaPath === "" ? sources : withoutStructured(sources, problems));
  problems.push(...merged.problems);
  return { ...deps, settings: merged.settings, problems };
}

function readConfigFile(deps: ResolveDeps, commandLine: RawSettings): RawSettings {
  const setting = commandLine.settings.get("config");
  const path = setting?.raw;
  if (setting === undefined || typeof path !== "string" || path === "") return { settings: new Map(), problems: [] };
  const text = readText(deps, path);
  if ("text" in text) return parseTomlFile(path, text.text);
  const message = `unable to load config file ${path}: ${text.error}.`;
  return { settings: new Map(), problems: [errorAt(setting.place, message, "Check its name and its mode.")] };
}

function readAlphaFile({ deps, alphaPath, problems }: Loading, resolving: Resolving): PlacedStructured | undefined {
  const text = readText(deps, alphaPath);
  if ("error" in text) {
    const message = `failed to load alpha options: unable to load config file ${alphaPath}: ${text.error}.`;
    problems.push(errorAt(resolving.settings.place("alpha-config"), message, "Check its name and its mode."));
    return undefined;
  }
  const { structured, placeOf } = loadAlphaFile(resolving, alphaPath, text.text);
  return structured === undefined ? undefined : { structured, placeOf };
}

function readText(deps: ResolveDeps, path: string): { readonly text: string } | { readonly error: string } {
  try {
    return { text: deps.readFile(path) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
