import { type Document, LineCounter, isMap, isNode, parseDocument } from "yaml";

import { type Finding, renderPath } from "./finding.ts";
import type { Problem } from "./problem.ts";

/** A YAML text whose values know where they stand. */
export interface YamlSource {
  /** Present unless the text is not YAML. */
  readonly content?: { readonly value: unknown };
  /** What is wrong with the text itself. */
  readonly problems: readonly Problem[];
  /** Say where in the text a finding is. */
  place(finding: Finding): Problem;
}

/** More aliases than this make a text grow without bound (the "billion laughs"). */
const MAX_ALIASES = 100;
/** One mistake in the syntax makes the parser see many. */
const MAX_SYNTAX_PROBLEMS = 5;

const TOO_DEEP = { message: "is nested too deeply.", remedy: "Name a configuration file." };

/** Never throws. */
export function parseYaml(file: string, text: string): YamlSource {
  const lines = new LineCounter();
  const at = (offset: number, words: Pick<Problem, "path" | "severity" | "message" | "remedy">): Problem => {
    const { line, col } = lines.linePos(offset);
    return { ...words, source: file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const fail = (message: string, remedy: string, offset = 0): Problem =>
    at(offset, { severity: "error", path: "", message, remedy });
  const place = (document: Document.Parsed | undefined, finding: Finding): Problem => {
    const { severity, path, message, remedy } = finding;
    const offset = document === undefined ? 0 : offsetOf(document, finding);
    return at(offset, { severity, path: renderPath(path), message, remedy });
  };
  try {
    const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: true, logLevel: "error" } as const;
    const document = parseDocument(text, options);
    const complaints = complaintsAbout(document);
    const problems = complaints.map(({ message, remedy, offset }) => fail(message, remedy, offset));
    const isReadable = complaints.every(({ isFatal }) => !isFatal);
    const content = isReadable ? { content: { value: toValue(document) } } : {};
    return { ...content, problems, place: (finding) => place(document, finding) };
  } catch (error) {
    return { problems: [explain(fail, error)], place: (finding) => place(undefined, finding) };
  }
}

function toValue(document: Document.Parsed): unknown {
  const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
  return value ?? {};
}

function explain(fail: (message: string, remedy: string) => Problem, error: unknown): Problem {
  const reason = error instanceof Error ? error.message : String(error);
  if (/alias/i.test(reason)) return fail("has too many aliases, or one that names nothing.", "Write the values out.");
  return fail(TOO_DEEP.message, TOO_DEEP.remedy);
}

interface Complaint {
  readonly message: string;
  readonly remedy: string;
  readonly offset: number;
  /** What stands in the text is unclear. */
  readonly isFatal: boolean;
}

function complaintsAbout(document: Document.Parsed): readonly Complaint[] {
  const errors = [...document.errors, ...document.warnings].map(({ code, message, pos }) =>
    complaintAbout(code, message, pos[0]),
  );
  const fatal = errors.filter(({ isFatal }) => isFatal);
  const deep = fatal.filter(({ message }) => message === TOO_DEEP.message);
  if (deep.length > 0) return deep.slice(0, 1);
  return fatal.length > 0 ? fatal.slice(0, MAX_SYNTAX_PROBLEMS) : errors;
}

function complaintAbout(code: string, message: string, offset: number): Complaint {
  if (code === "DUPLICATE_KEY")
    return { message: "this key is there twice.", remedy: "Remove one of them.", offset, isFatal: false };
  if (code === "TAG_RESOLVE_FAILED")
    return { message: "has a tag, and tags are not understood.", remedy: "Remove the !tag.", offset, isFatal: false };
  if (code === "MULTIPLE_DOCS")
    return { message: "a second document begins here.", remedy: "Keep one.", offset, isFatal: true };
  if (message.includes("call stack")) return { ...TOO_DEEP, offset, isFatal: true };
  const oneLine = message.replaceAll(/\s+/g, " ").replace(/\.$/, "");
  return { message: `is not YAML: ${oneLine}.`, remedy: "Mend the text there.", offset, isFatal: true };
}

/** Where a path is in the text; the nearest thing around it when it is not there itself. */
function offsetOf(document: Document.Parsed, { path, atKey }: Finding): number {
  const value = offsetOfNode(document.getIn(path, true));
  const found = atKey === true || value === undefined ? (offsetOfKey(document, path) ?? value) : value;
  if (found !== undefined) return found;
  for (let length = path.length - 1; length >= 0; length -= 1) {
    const around = offsetOfNode(document.getIn(path.slice(0, length), true));
    if (around !== undefined) return around;
  }
  return 0;
}

/** Undefined also for a value that is not written: `key:` and nothing behind it. */
function offsetOfNode(node: unknown): number | undefined {
  const range = isNode(node) ? node.range : undefined;
  return range === undefined || range === null || range[0] === range[1] ? undefined : range[0];
}

function offsetOfKey(document: Document.Parsed, path: Finding["path"]): number | undefined {
  const parent = document.getIn(path.slice(0, -1), true);
  const last = String(path.at(-1));
  return isMap(parent) ? offsetOfNode(parent.items.find(({ key }) => String(key) === last)?.key) : undefined;
}
