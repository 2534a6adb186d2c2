import type { Problem } from "../../problem.ts";
import { errorAt, type Place, warningAt } from "../raw-setting.ts";

export interface StructuredDeps {
  /** The text of a file (UTF-8); throws when it cannot be read. Asked again later for what may change, such as a client secret. */
  readonly readFile: (path: string) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Everything wrong is added here. */
  readonly problems: Problem[];
}

/** Where a structured option stands, such as `providers[0].clientID`: a flag, a variable, a line of a file. */
export type PlaceOf = (path: string) => Place;

/** What the parts of the resolution share. */
export interface StructuredResolving extends StructuredDeps {
  readonly placeOf: PlaceOf;
}

/** Add the error of one option. */
export function refuse(resolving: StructuredResolving, path: string, message: string, remedy: string): void {
  resolving.problems.push(errorAt(resolving.placeOf(path), message, remedy));
}

/** Add a warning about an option that works, but not as its writer may believe. */
export function warn(resolving: StructuredResolving, path: string, message: string, remedy: string): void {
  resolving.problems.push(warningAt(resolving.placeOf(path), message, remedy));
}

/** Why a file cannot be read, in Go's words: `open /x: no such file or directory`. */
export function fileTrouble(path: string, error: unknown, verb = "open"): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return `${verb} ${path}: ${GO_WORDS.get(code) ?? "it cannot be read"}`;
}

const GO_WORDS: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "no such file or directory"],
  ["EACCES", "permission denied"],
  ["EISDIR", "is a directory"],
]);
