import type { Configuration } from "../config/configuration.ts";
import {
  loadOauth2ProxyConfiguration,
  type Oauth2ProxyCommand,
} from "../config/oauth2-proxy/load-oauth2-proxy-configuration.ts";
import { type LoadResult, renderProblem } from "../config/problem.ts";
import type { CommandIo } from "./command-io.ts";
import { readFileOrThrow } from "./file-source.ts";
import { setHeaderLimit } from "../runtime/header-limit.ts";
import { serveConfiguration } from "./serve-configuration.ts";
import { tryToBuild } from "./try-to-build.ts";
import { VERSION } from "./version.ts";

/** The release whose flags, files and answers are meant. */
const ORIGINAL_VERSION = "7.15.3";

/** As the original: sessions of people with hundreds of groups lie in their cookies. */
const HEADER_LIMIT_BYTES = 1_048_576;

/** `gatehouse oauth2-proxy …`: started with oauth2-proxy's own flags, environment and file. */
export async function oauth2ProxyCommand(argv: readonly string[], io: CommandIo): Promise<number | undefined> {
  const load = (): Oauth2ProxyCommand =>
    loadOauth2ProxyConfiguration({ readFile: readFileOrThrow, env: process.env }, argv);
  const first = load();
  if (first.kind === "help") return print(io, first.text);
  if (first.kind === "version") return print(io, `oauth2-proxy v${ORIGINAL_VERSION} (gatehouse ${VERSION})\n`);
  if (first.kind === "convert") return printConverted(io, first.result);
  if (first.kind === "config-test") return testConfiguration(io, first);
  setHeaderLimit(HEADER_LIMIT_BYTES);
  return serveConfiguration(
    {
      load: () => {
        const loaded = load();
        return loaded.kind === "serve" ? loaded.result : first.result;
      },
      listenOption: "--http-address",
      tlsListenOption: "--https-address",
      telemetryListenOption: "--metrics-address",
      tlsTelemetryListenOption: "--metrics-secure-address",
    },
    io,
  );
}

/** What everybody's configuration can notice is on the page only. */
const ALL_DIFFERENCES =
  "All differences, and how to get the old behaviour back: docs/reference/differences-from-oauth2-proxy.md\n";

type ConfigTest = Extract<Oauth2ProxyCommand, { kind: "config-test" }>;

/** The original prints `configuration is valid`, and its scripts look for it. */
async function testConfiguration(io: CommandIo, { result, differences }: ConfigTest): Promise<number> {
  const { configuration } = result;
  printProblems(io, result);
  if (configuration === undefined) return 1;
  const trouble = await tryToBuild(configuration);
  if (trouble !== undefined) {
    io.stderr(`gatehouse: ${trouble}\n`);
    return 1;
  }
  for (const warning of await warnAboutIssuers(configuration)) io.stderr(`${warning}\n`);
  const list = differences.map((difference) => `  - ${difference}\n`).join("");
  if (list !== "")
    io.stderr(`What will be different from oauth2-proxy with this configuration:\n${list}${ALL_DIFFERENCES}`);
  return print(io, "configuration is valid\n");
}

const ISSUER_PATIENCE_MS = 5000;

/**
 * The original's test does not ask the issuer, whose silence then stops its start. Ours does not stop for it, so this is
 * no more than a warning. An issuer with certificates of its own is not asked.
 */
async function warnAboutIssuers({ connectors }: Configuration): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const connector of connectors) {
    if (!("issuer" in connector) || connector.discovery === false || connector.trust !== undefined) continue;
    const address = `${connector.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const trouble = await fetch(address, { signal: AbortSignal.timeout(ISSUER_PATIENCE_MS) }).then(
      (response) => (response.ok ? undefined : `it answers with ${response.status}`),
      () => "it does not answer",
    );
    if (trouble !== undefined) warnings.push(`${address}: warning: ${trouble}. Nobody can sign in until it does.`);
  }
  return warnings;
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
