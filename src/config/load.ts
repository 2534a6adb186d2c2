import { checkApps } from "./check-apps.ts";
import { checkBranding } from "./check-branding.ts";
import { checkClients } from "./check-clients.ts";
import type { Configuration } from "./configuration.ts";
import { crossChecks } from "./cross-checks.ts";
import { distinctFindings, type Finding } from "./finding.ts";
import { readNativeFile } from "./native-file.ts";
import type { LoadResult, Problem } from "./problem.ts";
import { resolve } from "./resolve.ts";
import { readSecrets, type SecretFiles } from "./secret-source.ts";
import { parseYaml } from "./yaml-source.ts";

/** Files and environment, as a loader sees them. */
export type LoadDeps = SecretFiles;

/** A file larger than this is no configuration. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

/**
 * Load a native file. Never throws: whatever is wrong, with the file's text or with what it refers to, is a problem with its place,
 * and all of them are reported at once, in the order of the text.
 *
 * @param file its name as the user gave it; names in the file are relative to the working directory.
 */
export function loadNativeConfiguration(deps: LoadDeps, file: string): LoadResult<Configuration> {
  const text = readText(deps, file);
  if (typeof text !== "string") return { problems: [text] };
  const source = parseYaml(file, text);
  if (source.content === undefined) return { problems: source.problems };
  const { configuration, findings } = understand(deps, file, source.content.value);
  const problems = [...source.problems, ...distinctFindings(findings).map((finding) => source.place(finding))];
  return conclude(problems, configuration);
}

interface Understood {
  readonly findings: readonly Finding[];
  readonly configuration?: Configuration;
}

function understand(deps: LoadDeps, file: string, content: unknown): Understood {
  const read = readNativeFile(content);
  const secrets = readSecrets(deps, read.draft, file);
  const findings = [
    ...read.findings,
    ...secrets.findings,
    ...crossChecks(read.draft),
    ...checkApps(read.draft),
    ...checkClients(read.draft),
    ...checkBranding(deps, read.draft),
  ];
  const failed = findings.some(({ severity }) => severity === "error");
  if (failed || read.file === undefined) return { findings };
  return { findings, configuration: resolve(read.file, secrets.secretAt) };
}

function conclude(problems: readonly Problem[], configuration: Configuration | undefined): LoadResult<Configuration> {
  const sorted = problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  const failed = sorted.some((problem) => problem.severity === "error");
  return failed || configuration === undefined ? { problems: sorted } : { problems: sorted, configuration };
}

function readText(deps: LoadDeps, file: string): string | Problem {
  const fail = (message: string, remedy: string): Problem => ({
    severity: "error",
    source: file,
    path: "",
    message,
    remedy,
  });
  try {
    const text = deps.readFile(file);
    if (text === undefined) return fail("there is no such file.", "Name an existing file with -c.");
    return text.length > MAX_CHARACTERS ? fail("is larger than 4 MiB.", "Name a configuration file.") : text;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail(`cannot be read: ${reason}.`, "Check its name and permissions.");
  }
}
