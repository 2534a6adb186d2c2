import type { Configuration } from "../configuration.ts";
import type { LoadResult } from "../problem.ts";
import { parseCommandLine } from "./command-line.ts";
import { readEnvironment } from "./environment.ts";
import { errorAt, type RawSettings } from "./raw-setting.ts";
import { refuseUnsupported } from "./refuse-unsupported.ts";
import { renderOauth2ProxyHelp } from "./render-help.ts";
import { resolveSettings } from "./resolve.ts";
import { mergeSettings } from "./settings.ts";
import { parseTomlFile } from "./toml-file.ts";

export interface Oauth2ProxyDeps {
  /** The text of a file (UTF-8); throws when it cannot be read. */
  readonly readFile: (path: string) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the command line asks for. */
export type Oauth2ProxyCommand =
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" }
  | { readonly kind: "config-test"; readonly result: LoadResult<Configuration> }
  | { readonly kind: "serve"; readonly result: LoadResult<Configuration> };

/**
 * Load oauth2-proxy's configuration: flags win over `OAUTH2_PROXY_…` variables, these over the file named by
 * `--config`, that over defaults. Everything wrong is in `result.problems`, all at once; nothing is thrown.
 *
 * @param argv the words after `oauth2-proxy`.
 */
export function loadOauth2ProxyConfiguration(deps: Oauth2ProxyDeps, argv: readonly string[]): Oauth2ProxyCommand {
  const commandLine = parseCommandLine(argv);
  if (commandLine.help) return { kind: "help", text: renderOauth2ProxyHelp() };
  const isOn = (flag: "version" | "config-test"): boolean => mergeSettings([commandLine]).settings.flag(flag);
  if (isOn("version") && commandLine.problems.every((problem) => problem.severity !== "error"))
    return { kind: "version" };
  return { kind: isOn("config-test") ? "config-test" : "serve", result: load(deps, commandLine) };
}

function load(deps: Oauth2ProxyDeps, commandLine: RawSettings): LoadResult<Configuration> {
  const file = readConfigFile(deps, commandLine);
  const environment = readEnvironment(deps.env);
  const unreadable = file.settings.size === 0 && file.problems.length > 0;
  if (unreadable) return { problems: [...commandLine.problems, ...environment.problems, ...file.problems] };
  const merged = mergeSettings([commandLine, environment, file]);
  const problems = [
    ...commandLine.problems,
    ...environment.problems,
    ...file.problems,
    ...merged.problems,
    ...refuseUnsupported(merged.settings),
  ];
  const configuration = resolveSettings({ ...deps, settings: merged.settings, problems });
  problems.sort((left, right) => (left.line ?? 0) - (right.line ?? 0));
  return problems.some((problem) => problem.severity === "error") ? { problems } : { configuration, problems };
}

function readConfigFile(deps: Oauth2ProxyDeps, commandLine: RawSettings): RawSettings {
  const setting = commandLine.settings.get("config");
  const path = setting?.raw;
  if (setting === undefined || typeof path !== "string" || path === "") return { settings: new Map(), problems: [] };
  try {
    return parseTomlFile(path, deps.readFile(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `unable to load config file ${path}: ${reason}.`;
    return { settings: new Map(), problems: [errorAt(setting.place, message, "Check its name and its mode.")] };
  }
}
