import * as v from "valibot";
import { type Document, LineCounter, isMap, isNode, parseDocument } from "yaml";

import type { Configuration } from "./configuration.ts";
import { crossChecks } from "./cross-checks.ts";
import { type Finding, errorAt, renderPath } from "./finding.ts";
import type { LoadResult, Problem } from "./problem.ts";
import { resolve } from "./resolve.ts";
import { gatehouseFile } from "./schema/gatehouse-file.ts";
import { unsay } from "./schema/section.ts";
import type { SecretFiles } from "./secret-source.ts";

/** Files and environment, as a loader sees them. */
export type LoadDeps = SecretFiles;

/** A file larger than this is no configuration. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

/**
 * Load a native file. Never throws: whatever is wrong, with the file's text or with what it refers to, is a problem with its place,
 * and all of them are reported at once.
 *
 * @param file its name as the user gave it; names in the file are relative to the working directory.
 */
export function loadNativeConfiguration(deps: LoadDeps, file: string): LoadResult<Configuration> {
  const text = readText(deps, file);
  if (typeof text !== "string") return { problems: [text] };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0)
    return { problems: document.errors.map((error) => syntaxProblem(file, lines, error)) };
  const { findings, configuration } = understand(deps, document);
  const problems = findings.map((finding) => placeProblem(file, lines, document, finding));
  const sorted = problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  const failed = sorted.some((problem) => problem.severity === "error");
  return { problems: sorted, ...(failed || configuration === undefined ? {} : { configuration }) };
}

interface Understood {
  readonly findings: readonly Finding[];
  readonly configuration?: Configuration;
}

function understand(deps: LoadDeps, document: Document.Parsed): Understood {
  const content = toContent(document);
  if ("finding" in content) return { findings: [content.finding] };
  const parsed = v.safeParse(gatehouseFile, content.value ?? {});
  if (!parsed.success) return { findings: parsed.issues.map(findingOf) };
  const { configuration, findings } = resolve(deps, parsed.output);
  return { configuration, findings: [...findings, ...crossChecks(parsed.output)] };
}

function toContent(document: Document.Parsed): { readonly value: unknown } | { readonly finding: Finding } {
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    return { finding: errorAt([], `cannot be read: ${String(error)}.`, "Use fewer aliases.") };
  }
}

function findingOf(issue: v.BaseIssue<unknown>): Finding {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
  const words = unsay(issue.message);
  const isUnknownKey = issue.expected === "never";
  const isMissingKey = !isUnknownKey && issue.type === "strict_object" && issue.input === undefined && path.length > 0;
  return {
    severity: "error",
    path: isMissingKey ? path.slice(0, -1) : path,
    message: words.message,
    remedy: words.remedy || "Mend or remove it.",
    atKey: isUnknownKey,
  };
}

function readText(deps: LoadDeps, file: string): string | Problem {
  const problem = (message: string, remedy: string): Problem => ({
    severity: "error",
    source: file,
    path: "",
    message,
    remedy,
  });
  try {
    const text = deps.readFile(file);
    if (text === undefined) return problem("there is no such file.", "Name an existing file with -c.");
    return text.length > MAX_CHARACTERS ? problem("is larger than 4 MiB.", "Name a configuration file.") : text;
  } catch (error) {
    return problem(
      `cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      "Check its permissions.",
    );
  }
}

function syntaxProblem(
  file: string,
  lines: LineCounter,
  error: { readonly message: string; readonly pos: readonly number[] },
): Problem {
  const { line, col } = lines.linePos(error.pos[0] ?? 0);
  const isDuplicate = error.message.includes("Map keys must be unique");
  return {
    severity: "error",
    source: file,
    line,
    column: col,
    path: "",
    message: isDuplicate ? "this key is there twice." : `is not YAML: ${error.message}.`,
    remedy: isDuplicate ? "Remove one of them." : "Mend the text there.",
  };
}

function placeProblem(file: string, lines: LineCounter, document: Document.Parsed, finding: Finding): Problem {
  const { line, col } = lines.linePos(offsetOf(document, finding));
  const { severity, message, remedy } = finding;
  return { severity, source: file, line, column: col, path: renderPath(finding.path), message, remedy };
}

/** Where a path is in the text; the nearest thing around it when it is not there itself. */
function offsetOf(document: Document.Parsed, finding: Finding): number {
  if (finding.atKey === true) {
    const parent = document.getIn(finding.path.slice(0, -1), true);
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => String(key) === String(finding.path.at(-1)))
      : undefined;
    if (pair !== undefined && isNode(pair.key) && pair.key.range) return pair.key.range[0];
  }
  for (let length = finding.path.length; length >= 0; length -= 1) {
    const node = document.getIn(finding.path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
