import { parseArgs } from "node:util";

import { loadNativeConfiguration } from "../config/load.ts";
import type { CommandIo } from "./command-io.ts";
import { processFiles } from "./file-source.ts";
import { serveConfiguration } from "./serve-configuration.ts";

/** `gatehouse serve -c FILE`: proxy and provider from one native file. */
export async function serveCommand(argv: readonly string[], io: CommandIo): Promise<number | undefined> {
  const file = configurationFile(argv);
  if (file === undefined) {
    io.stderr("usage: gatehouse serve -c FILE\n");
    return 2;
  }
  return serveConfiguration(
    {
      load: () => loadNativeConfiguration(processFiles, file),
      listenOption: `${file}: listen`,
      telemetryListenOption: `${file}: telemetryListen`,
    },
    io,
  );
}

function configurationFile(argv: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...argv], options: { config: { type: "string", short: "c" } } }).values.config;
  } catch {
    return undefined;
  }
}
