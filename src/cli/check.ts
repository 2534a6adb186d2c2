import { parseArgs } from "node:util";

import type { Configuration } from "../config/configuration.ts";
import { loadNativeConfiguration } from "../config/load.ts";
import { type LoadResult, renderProblem } from "../config/problem.ts";
import { renderConfiguration } from "../config/render-configuration.ts";
import type { CommandIo } from "./command-io.ts";
import { processFiles } from "./file-source.ts";

const USAGE = "usage: gatehouse check -c FILE [--print] [--format text|json]\n";

interface CheckOptions {
  readonly file: string;
  readonly print: boolean;
  readonly format: "text" | "json";
}

/**
 * `gatehouse check -c FILE`: say everything that is wrong with a native file, and start nothing.
 *
 * `--print` writes the resolved configuration to standard output, as YAML with secrets and password hashes masked;
 * `--format json` writes the problems there, as `{ file, ok, problems }`.
 *
 * @returns 0 when the file can be served, perhaps with warnings; 2 when it cannot, or the arguments are wrong.
 */
export async function check(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = parseOptions(argv);
  if (options === undefined) {
    io.stderr(USAGE);
    return 2;
  }
  const result = loadNativeConfiguration(processFiles, options.file);
  if (options.format === "json") reportJson(options, result, io);
  else reportText(options, result, io);
  return result.configuration === undefined ? 2 : 0;
}

function reportText(options: CheckOptions, result: LoadResult<Configuration>, io: CommandIo): void {
  for (const problem of result.problems) io.stderr(`${renderProblem(problem)}\n`);
  if (result.configuration === undefined) return;
  if (options.print) io.stdout(renderConfiguration(result.configuration));
  else io.stdout(`${options.file}: ok\n`);
}

function reportJson(options: CheckOptions, result: LoadResult<Configuration>, io: CommandIo): void {
  const report = { file: options.file, ok: result.configuration !== undefined, problems: result.problems };
  io.stdout(`${JSON.stringify(report, undefined, 2)}\n`);
}

function parseOptions(argv: readonly string[]): CheckOptions | undefined {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        config: { type: "string", short: "c" },
        print: { type: "boolean", default: false },
        format: { type: "string", default: "text" },
      },
    });
    const { config, print, format } = values;
    const isFormat = format === "text" || (format === "json" && !print);
    return config === undefined || !isFormat ? undefined : { file: config, print, format };
  } catch {
    return undefined;
  }
}
