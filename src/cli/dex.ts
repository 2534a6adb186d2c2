import { loadDexConfiguration } from "../config/dex/load-dex-configuration.ts";
import type { CommandIo } from "./command-io.ts";
import { announceDex } from "./dex-announce.ts";
import { checkDex } from "./dex-check.ts";
import { readFileOrThrow } from "./file-source.ts";
import { serveConfiguration } from "./serve-configuration.ts";
import { VERSION } from "./version.ts";

/** `gatehouse dex serve FILE`: started with dex's own file and flags. */
export async function dexCommand(argv: readonly string[], io: CommandIo): Promise<number | undefined> {
  const load = (): ReturnType<typeof loadDexConfiguration> =>
    loadDexConfiguration({ readFile: readFileOrThrow, env: process.env }, argv);
  const first = load();
  if (first.kind === "help") {
    io.stdout(first.text);
    return isHelpAskedFor(argv) ? 0 : 2;
  }
  if (first.kind === "version") {
    io.stdout(versionLines());
    return 0;
  }
  if (first.kind === "check") return checkDex(first, io);
  return serveConfiguration(
    {
      load: () => {
        const loaded = load();
        return loaded.kind === "serve" ? loaded.result : first.result;
      },
      announce: announceDex,
      listenOption: "--web-http-addr",
      tlsListenOption: "--web-https-addr",
      telemetryListenOption: "--telemetry-addr",
    },
    io,
  );
}

const isHelpAskedFor = ([command = "", ...rest]: readonly string[]): boolean =>
  [command, ...rest].some((word) => ["-h", "--help"].includes(word)) || command === "help";

/** The three lines of the original. There is no Go here: its place says what runs us. */
function versionLines(): string {
  const platform = `${process.platform} ${process.arch === "x64" ? "amd64" : process.arch}`;
  return `Dex Version: gatehouse ${VERSION}\nGo Version: none (bun ${process.versions["bun"]})\nGo OS/ARCH: ${platform}\n`;
}
