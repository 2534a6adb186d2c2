import { parseGoBool } from "../../protocol/go-bool.ts";
import type { Configuration } from "../configuration.ts";
import type { LoadResult, Problem } from "../problem.ts";
import { DEX_HELP, parseDexCommandLine, type ServeFlags } from "./command-line.ts";
import type { ConfigObject } from "./config-object.ts";
import { errorAt, notSupportedYet, warningAt } from "./dex-problem.ts";
import { listDifferences } from "./differences/render-differences.ts";
import { expandEnv } from "./expand-env.ts";
import { readConfig } from "./read-config.ts";
import { resolveConfig } from "./resolve.ts";
import { DEX_VARIABLES, type DexVariable } from "./schema.ts";
import { validateConfig } from "./validate.ts";
import { parseYaml } from "./yaml-document.ts";

export interface DexDeps {
  /** The text of a file (UTF-8); throws when it cannot be read. */
  readonly readFile: (path: string) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the command line asks for. */
export type DexCommand =
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" }
  | { readonly kind: "serve"; readonly result: LoadResult<Configuration> }
  | {
      readonly kind: "check";
      readonly result: LoadResult<Configuration>;
      /** What will be otherwise than with dex; empty when the file cannot be used. */
      readonly differences: readonly string[];
    };

/**
 * Load dex's configuration: its YAML file, `--web-http-addr` and `--telemetry-addr` over it, and the few variables
 * that change its meaning. Everything wrong is in `result.problems`, all at once; nothing is thrown.
 *
 * Unlike dex, an unknown key is an error: a misspelt restriction must not be ignored.
 *
 * @param argv the words after `dex`.
 */
export function loadDexConfiguration(deps: DexDeps, argv: readonly string[]): DexCommand {
  const commandLine = parseDexCommandLine(argv);
  if (commandLine.kind === "help") return { kind: "help", text: DEX_HELP };
  if (commandLine.kind === "version") return { kind: "version" };
  const { root, ...result } = load(deps, commandLine.flags);
  if (commandLine.kind === "serve") return { kind: "serve", result };
  const { configuration } = result;
  const provider = configuration?.provider;
  const isUsable = root !== undefined && configuration !== undefined && provider !== undefined;
  return { kind: "check", result, differences: isUsable ? listDifferences({ root, configuration, provider }) : [] };
}

interface Loaded extends LoadResult<Configuration> {
  /** Present when the configuration is. */
  readonly root?: ConfigObject;
}

function load(deps: DexDeps, flags: ServeFlags): Loaded {
  const problems: Problem[] = [...flags.problems, ...DEX_VARIABLES.flatMap((variable) => judge(variable, deps.env))];
  if (flags.file === undefined) return { problems };
  const parsed = readYaml(deps, flags.file);
  if ("problems" in parsed) return { problems: [...problems, ...parsed.problems] };
  const expand =
    parseGoBool(deps.env["DEX_EXPAND_ENV"]) === false
      ? identity
      : (text: string, onUnset: () => void) => expandEnv(text, deps.env, onUnset);
  const config = readConfig(parsed.yaml, expand);
  problems.push(...config.problems);
  if (config.root === undefined) return { problems };
  override(config.root, flags);
  problems.push(...validateConfig(config.root));
  const configuration = resolveConfig({
    root: config.root,
    ...deps,
    problems,
    toleratesBrokenConnectors: parseGoBool(deps.env["DEX_CONTINUE_ON_CONNECTOR_FAILURE"]) ?? true,
    grantsClientCredentials: parseGoBool(deps.env["DEX_CLIENT_CREDENTIAL_GRANT_ENABLED_BY_DEFAULT"]) ?? false,
  });
  problems.sort((left, right) => (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0));
  return problems.some((problem) => problem.severity === "error")
    ? { problems }
    : { configuration, problems, root: config.root };
}

const identity = (text: string): string => text;

function readYaml(deps: DexDeps, file: string): ReturnType<typeof parseYaml> {
  let text: string;
  try {
    text = deps.readFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `failed to read config file ${file}: ${reason}`;
    return { problems: [errorAt({ source: file, path: "" }, message, "Check its name and its mode.")] };
  }
  return parseYaml(file, text);
}

function override(root: ConfigObject, flags: ServeFlags): void {
  for (const [path, { flag, value }] of flags.overrides) {
    if (value === "") continue;
    const [section = "", name = ""] = path.split(".");
    const place = { source: flag, path: "" };
    const known = root.fields.get(section)?.value;
    const object = typeof known === "object" && "object" in known ? known.object : { place, fields: new Map() };
    object.fields.set(name, { place, value });
    root.fields.set(section, { place: root.fields.get(section)?.place ?? place, value: { object } });
  }
}

function judge({ name, status }: DexVariable, env: DexDeps["env"]): readonly Problem[] {
  const place = { source: name, path: "" };
  // The original takes anything else, too, for the default.
  const value = parseGoBool(env[name]);
  if (status === "refused" && value === true) return [notSupportedYet(place, name)];
  if (typeof status !== "object" || value !== status.when) return [];
  return [warningAt(place, "has no effect.", status.accepted)];
}
