import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { Problem } from "../../problem.ts";
import { errorAt, warningAt } from "../raw-setting.ts";
import type { PlaceOf } from "./structured-resolving.ts";

/** A file under reading: where everything stands, and what is wrong with it. */
export interface AlphaYaml {
  readonly source: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly problems: Problem[];
  /** Line of each path that was read. */
  readonly places: Map<string, number>;
}

/** A value of the file: a list, a mapping or a plain one; undefined for what is not there or null. */
export type AlphaNode = Node | undefined;

/** Parse YAML 1.2, as far as the original's parser goes: `yes` is text, `<<` merges. Undefined, with problems added, for what is no YAML. */
export function parseAlphaYaml(problems: Problem[], source: string, text: string): AlphaYaml | undefined {
  const lines = new LineCounter();
  const options = { prettyErrors: false, lineCounter: lines, logLevel: "silent" } as const;
  const document = parseDocument(text, options);
  const mistakes = [...document.errors, ...document.warnings];
  for (const { code, message, pos } of mistakes) {
    const { line } = lines.linePos(pos[0]);
    const key = code === "DUPLICATE_KEY" ? `: ${/^[\w-]*/.exec(text.slice(pos[0]))?.[0]}` : "";
    const oneLine = message.replaceAll(/\s+/g, " ").replace(/\.$/, "") + key;
    const place = { source, line: Math.max(1, line), path: "" };
    problems.push(errorAt(place, `error unmarshalling config: yaml: line ${place.line}: ${oneLine}`, "Mend the text."));
  }
  return mistakes.length === 0 ? { source, document, lines, problems, places: new Map() } : undefined;
}

/** Follow an alias; a null is nothing. */
export function resolveNode({ document }: AlphaYaml, node: unknown): AlphaNode {
  const target = isAlias(node) ? node.resolve(document) : node;
  if (isScalar(target)) return target.value === null ? undefined : target;
  return isMap(target) || isSeq(target) ? target : undefined;
}

export interface AlphaEntry {
  /** As typed. */
  readonly key: string;
  readonly line: number;
  readonly value: AlphaNode;
}

/** The entries of a mapping, those that it merges from others (`<<`) behind its own; one of the same name wins over them. */
export function entriesOf(yaml: AlphaYaml, node: Node): readonly AlphaEntry[] {
  if (!isMap(node)) return [];
  const own: AlphaEntry[] = [];
  const merged: AlphaEntry[] = [];
  for (const pair of node.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : "";
    const value = resolveNode(yaml, pair.value);
    if (key === "<<") merged.push(...mergedEntries(yaml, value));
    else own.push({ key, line: lineOf(yaml, pair.key), value });
  }
  const names = new Set(own.map(({ key }) => key));
  return [...own, ...merged.filter(({ key }) => !names.has(key))];
}

function mergedEntries(yaml: AlphaYaml, value: AlphaNode): readonly AlphaEntry[] {
  if (value === undefined) return [];
  const sources = isSeq(value) ? value.items.map((item) => resolveNode(yaml, item)) : [value];
  return sources.flatMap((source) => (source === undefined ? [] : entriesOf(yaml, source)));
}

/** 1-based. */
export function lineOf({ lines }: AlphaYaml, node: unknown): number {
  const range = isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? node.range : undefined;
  return Math.max(1, lines.linePos(range?.[0] ?? 0).line);
}

/** Where a path stands, or the nearest thing around it. */
export function placesOf({ source, places }: Pick<AlphaYaml, "source" | "places">): PlaceOf {
  return (path) => {
    for (let at = path; at !== ""; at = at.replace(/(?:^|\.)[^.[\]]*$|\[\d+\]$/, "")) {
      const line = places.get(at);
      if (line !== undefined) return { source, line, path };
    }
    return { source, path };
  };
}

/** Add the error of a value. */
export function refuseAt(yaml: AlphaYaml, path: string, message: string, remedy: string): void {
  yaml.problems.push(errorAt(placesOf(yaml)(path), message, remedy));
}

/** Add a warning about a value. */
export function warnAt(yaml: AlphaYaml, path: string, message: string, remedy: string): void {
  yaml.problems.push(warningAt(placesOf(yaml)(path), message, remedy));
}
