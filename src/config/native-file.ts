import * as v from "valibot";

import { type Finding, type Path, errorAt } from "./finding.ts";
import { type GatehouseFile, gatehouseFile } from "./schema/gatehouse-file.ts";
import { unsay, type Words } from "./schema/section.ts";

/** What is left of a value when everything wrong is taken out of it: what is still there is right. */
export type Draft<T> = T extends Leaf
  ? T
  : T extends readonly (infer Item)[]
    ? readonly (Draft<Item> | undefined)[]
    : { readonly [Key in keyof T]?: Draft<T[Key]> | undefined };

/** A secret's source is right or wrong as a whole. */
type Leaf = string | number | boolean | undefined | { readonly env: string } | { readonly file: string };

export interface ReadFile {
  /** Present when the shape is right. */
  readonly file?: GatehouseFile;
  /** What could be understood; what was wrong is `undefined` in it, at its place. */
  readonly draft: Draft<GatehouseFile>;
  readonly findings: readonly Finding[];
}

/** Hold a file's content against the schema. */
export function readNativeFile(content: unknown): ReadFile {
  const parsed = v.safeParse(gatehouseFile, content, { abortPipeEarly: true });
  if (parsed.success) return { file: parsed.output, draft: parsed.output, findings: [] };
  // Each value that the schema does not complain about has the schema's type, and the others are taken out.
  const draft: Draft<GatehouseFile> = isObject(parsed.output) ? parsed.output : {};
  const findings = parsed.issues.flatMap((issue) => findingsOf(issue, pathOf(issue)));
  for (const { path } of findings) takeOut(draft, path);
  for (const issue of parsed.issues) if (issue.type === "variant") takeOut(draft, pathOf(issue).slice(0, -1));
  return { draft, findings };
}

function pathOf(issue: v.BaseIssue<unknown>): Path {
  return (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
}

function findingsOf(issue: v.BaseIssue<unknown>, path: Path): readonly Finding[] {
  if (issue.kind === "schema" && issue.input === null)
    return [errorAt(path, "has no value.", "Write one, or remove the key.")];
  return unsay(issue.message).map((words) => findingOf(words, path));
}

function findingOf(words: Words, path: Path): Finding {
  const { message, remedy, unknownKey, meant, missingKey, whole } = words;
  const parent = path.slice(0, -1);
  if (unknownKey !== undefined) {
    const finding = { ...errorAt([...parent, unknownKey], message, remedy), atKey: true };
    return meant === undefined ? finding : { ...finding, meant: [...parent, meant] };
  }
  if (missingKey !== undefined) return { ...errorAt(parent, message, remedy), absent: [path] };
  return errorAt(whole === true ? parent : path, message, remedy);
}

function takeOut(draft: object, path: Path): void {
  let container: unknown = draft;
  for (const part of path.slice(0, -1)) container = isObject(container) ? Reflect.get(container, part) : undefined;
  const last = path.at(-1);
  if (last !== undefined && isObject(container) && Object.hasOwn(container, last)) {
    Reflect.set(container, last, undefined);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
