import { loadOauth2ProxyConfiguration } from "../config/oauth2-proxy/load-oauth2-proxy-configuration.ts";
import { renderProblem } from "../config/problem.ts";
import type { CommandIo } from "./command-io.ts";
import { readFileOrThrow } from "./file-source.ts";
import { serveConfiguration } from "./serve-configuration.ts";
import { VERSION } from "./version.ts";

/** `gatehouse oauth2-proxy …`: started with oauth2-proxy's own flags, environment and file. */
export async function oauth2ProxyCommand(argv: readonly string[], io: CommandIo): Promise<number | undefined> {
  const load = (): ReturnType<typeof loadOauth2ProxyConfiguration> =>
    loadOauth2ProxyConfiguration({ readFile: readFileOrThrow, env: process.env }, argv);
  const first = load();
  if (first.kind === "help") return print(io, first.text);
  if (first.kind === "version") return print(io, `oauth2-proxy (gatehouse ${VERSION})\n`);
  if (first.kind === "config-test") {
    for (const problem of first.result.problems) io.stderr(`${renderProblem(problem)}\n`);
    return first.result.configuration === undefined ? 1 : print(io, "The configuration is valid.\n");
  }
  return serveConfiguration(
    {
      load: () => {
        const loaded = load();
        return loaded.kind === "serve" ? loaded.result : first.result;
      },
      listenOption: "--http-address",
      telemetryListenOption: "--metrics-address",
    },
    io,
  );
}

function print(io: CommandIo, text: string): number {
  io.stdout(text);
  return 0;
}
