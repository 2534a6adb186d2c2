import {
  loadOauth2ProxyConfiguration,
  type Oauth2ProxyCommand,
} from "../config/oauth2-proxy/load-oauth2-proxy-configuration.ts";
import { type LoadResult, renderProblem } from "../config/problem.ts";
import type { CommandIo } from "./command-io.ts";
import { readFileOrThrow } from "./file-source.ts";
import { serveConfiguration } from "./serve-configuration.ts";
import { VERSION } from "./version.ts";

/** `gatehouse oauth2-proxy …`: started with oauth2-proxy's own flags, environment and file. */
export async function oauth2ProxyCommand(argv: readonly string[], io: CommandIo): Promise<number | undefined> {
  const load = (): Oauth2ProxyCommand =>
    loadOauth2ProxyConfiguration({ readFile: readFileOrThrow, env: process.env }, argv);
  const first = load();
  if (first.kind === "help") return print(io, first.text);
  if (first.kind === "version") return print(io, `oauth2-proxy (gatehouse ${VERSION})\n`);
  if (first.kind === "convert") return printConverted(io, first.result);
  if (first.kind === "config-test") return printTest(io, first);
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

type ConfigTest = Extract<Oauth2ProxyCommand, { kind: "config-test" }>;

/** The original prints `configuration is valid`, and its scripts look for it. */
function printTest(io: CommandIo, { result, differences }: ConfigTest): number {
  printProblems(io, result);
  if (result.configuration === undefined) return 1;
  const list = differences.map((difference) => `  - ${difference}\n`).join("");
  if (list !== "") io.stderr(`What will be different from oauth2-proxy with this configuration:\n${list}`);
  return print(io, "configuration is valid\n");
}

function printConverted(io: CommandIo, result: LoadResult<string>): number {
  printProblems(io, result);
  return result.configuration === undefined ? 1 : print(io, result.configuration);
}

function printProblems(io: CommandIo, { problems }: LoadResult<unknown>): void {
  for (const problem of problems) io.stderr(`${renderProblem(problem)}\n`);
}

function print(io: CommandIo, text: string): number {
  io.stdout(text);
  return 0;
}
