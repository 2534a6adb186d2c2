import { Secret } from "../protocol/secret.ts";
import { type Finding, type Path, errorAt, renderPath, warningAt } from "./finding.ts";
import type { Draft } from "./native-file.ts";
import type { GatehouseFile } from "./schema/gatehouse-file.ts";
import type { SecretSource } from "./schema/values.ts";

/** Where secrets are read from. */
export interface SecretFiles {
  /** @returns undefined when there is no such file. @throws when it cannot be read. */
  readonly readFile: (path: string) => string | undefined;
  /** Permission bits; undefined when there is no such file. */
  readonly modeOf: (path: string) => number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ReadSecrets {
  /** The secret that a path of the file names; empty when there is none, as for public clients. */
  readonly secretAt: (path: Path) => Secret;
  readonly findings: readonly Finding[];
}

interface PlacedSource {
  readonly path: Path;
  readonly source: SecretSource;
}

const READABLE_BY_EVERYBODY = 0o004;

/**
 * Read every secret once.
 *
 * @param configurationFile warned about when it holds secrets and everybody on the machine may read it.
 */
export function readSecrets(files: SecretFiles, draft: Draft<GatehouseFile>, configurationFile: string): ReadSecrets {
  const findings: Finding[] = [];
  const secrets = new Map<string, Secret>();
  const sources = secretSources(draft);
  for (const { source, path } of sources) {
    secrets.set(renderPath(path), new Secret(readSecret(files, source, path, findings)));
  }
  const literal = sources.find(({ source }) => typeof source === "string");
  if (literal !== undefined && isReadableByEverybody(files, configurationFile)) {
    findings.push(
      warningAt(
        literal.path,
        "stands in a file that everybody on this machine can read.",
        `Run chmod o-r ${configurationFile}, or write { env: NAME } or { file: path }.`,
      ),
    );
  }
  return { findings, secretAt: (path) => secrets.get(renderPath(path)) ?? new Secret("") };
}

function secretSources(draft: Draft<GatehouseFile>): readonly PlacedSource[] {
  const placed: { readonly path: Path; readonly source: SecretSource | undefined }[] = [
    ...(draft.connectors ?? []).map((connector, index) => ({
      path: ["connectors", index, "clientSecret"],
      source: connector !== undefined && "clientSecret" in connector ? connector.clientSecret : undefined,
    })),
    ...(draft.clients ?? []).map((client, index) => ({ path: ["clients", index, "secret"], source: client?.secret })),
  ];
  return placed.flatMap(({ path, source }) => (source === undefined ? [] : [{ path, source }]));
}

/** One line end at the end of a file is not part of the secret. What is wrong goes to `findings`. */
function readSecret(files: SecretFiles, source: SecretSource, path: Path, findings: Finding[]): string {
  if (typeof source === "string") return source;
  return "env" in source
    ? fromEnvironment(files, source.env, path, findings)
    : fromFile(files, source.file, path, findings);
}

function fromEnvironment(files: SecretFiles, name: string, path: Path, findings: Finding[]): string {
  const value = Object.hasOwn(files.env, name) ? files.env[name] : undefined;
  if (value === undefined)
    findings.push(errorAt(path, `the environment variable ${name} is not set.`, `Set ${name} before starting.`));
  else if (value === "")
    findings.push(errorAt(path, `the environment variable ${name} is empty.`, `Set ${name} before starting.`));
  return value ?? "";
}

function fromFile(files: SecretFiles, file: string, path: Path, findings: Finding[]): string {
  const text = tryToRead(() => files.readFile(file));
  if (text === undefined) {
    const message = `the secret file ${file} cannot be read.`;
    findings.push(errorAt(path, message, "Create it, or mend its name or permissions."));
    return "";
  }
  const value = text.replace(/\r?\n$/, "");
  if (value === "") findings.push(errorAt(path, `the secret file ${file} is empty.`, "Write the secret into it."));
  if (isReadableByEverybody(files, file)) {
    const message = `the secret file ${file} can be read by everybody on this machine.`;
    findings.push(warningAt(path, message, `Run chmod o-r ${file}.`));
  }
  return value;
}

function isReadableByEverybody(files: SecretFiles, file: string): boolean {
  return ((tryToRead(() => files.modeOf(file)) ?? 0) & READABLE_BY_EVERYBODY) !== 0;
}

function tryToRead<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
