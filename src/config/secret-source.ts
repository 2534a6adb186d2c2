import { Secret } from "../protocol/secret.ts";
import { type Finding, errorAt, warningAt } from "./finding.ts";
import type { SecretSource } from "./schema/values.ts";

/** Where secrets are read from. */
export interface SecretFiles {
  /** @returns undefined when there is no such file. @throws when it cannot be read. */
  readonly readFile: (path: string) => string | undefined;
  /** Permission bits; undefined when there is no such file. */
  readonly modeOf: (path: string) => number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Read a secret; one trailing newline of a file is not part of it. What is wrong goes to `findings`, and the secret is then empty. */
export function readSecret(
  files: SecretFiles,
  source: SecretSource,
  path: Finding["path"],
  findings: Finding[],
): Secret {
  if (typeof source === "string") return new Secret(source);
  return new Secret(
    "env" in source ? fromEnvironment(files, source.env, path, findings) : fromFile(files, source.file, path, findings),
  );
}

function fromEnvironment(files: SecretFiles, name: string, path: Finding["path"], findings: Finding[]): string {
  const value = files.env[name] ?? "";
  if (value === "")
    findings.push(errorAt(path, `the environment variable ${name} is not set.`, `Set ${name} before starting.`));
  return value;
}

function fromFile(files: SecretFiles, file: string, path: Finding["path"], findings: Finding[]): string {
  const text = tryRead(files, file);
  if (text === undefined) {
    findings.push(
      errorAt(path, `the secret file ${file} cannot be read.`, "Create it, or mend its name or permissions."),
    );
    return "";
  }
  const value = text.replace(/\r?\n$/, "");
  if (value === "") findings.push(errorAt(path, `the secret file ${file} is empty.`, "Write the secret into it."));
  if (((files.modeOf(file) ?? 0) & 0o004) !== 0) {
    findings.push(
      warningAt(path, `the secret file ${file} can be read by everybody on this machine.`, `Run chmod o-r ${file}.`),
    );
  }
  return value;
}

function tryRead(files: SecretFiles, file: string): string | undefined {
  try {
    return files.readFile(file);
  } catch {
    return undefined;
  }
}
