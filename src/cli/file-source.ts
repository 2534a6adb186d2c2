import { readFileSync, statSync } from "node:fs";

/** Where configuration comes from: files and the environment of this process. */
export interface FileSource {
  /** @returns undefined when there is no such file. @throws when it cannot be read. */
  readonly readFile: (path: string) => string | undefined;
  /** Permission bits of a file; undefined when there is no such file. */
  readonly modeOf: (path: string) => number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The process's own files and environment. */
export const processFiles: FileSource = {
  readFile: (path) => ifExists(() => readFileSync(path, "utf8")),
  modeOf: (path) => ifExists(() => statSync(path).mode),
  env: process.env,
};

function ifExists<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** A file's text. @throws what the system says, when it cannot be read. */
export function readFileOrThrow(path: string): string {
  return readFileSync(path, "utf8");
}
