import { type Document, LineCounter, parseDocument, type Tags } from "yaml";
import type { Problem } from "../problem.ts";

/** A parsed file that remembers where everything stands. */
export interface YamlDocument {
  readonly source: string;
  readonly document: Document;
  /** 1-based line and column of an offset. */
  readonly positionOf: (offset: number) => { readonly line: number; readonly column: number };
}

export type ParsedYaml = { readonly yaml: YamlDocument } | { readonly problems: readonly Problem[] };

/**
 * Parse YAML 1.1, where `yes`, `no`, `on` and `off` are booleans, as dex does. Unlike YAML 1.1 but like dex, dates
 * and `1:30` stay text.
 */
export function parseYaml(source: string, text: string): ParsedYaml {
  const lines = new LineCounter();
  const positionOf = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = parseDocument(text, {
    version: "1.1",
    intAsBigInt: true, // so that no digit is lost where text was meant
    prettyErrors: false,
    lineCounter: lines,
    customTags: withoutTimes,
    logLevel: "silent",
  });
  // What comes after the first mistake is mostly its echo.
  const [mistake] = [...document.errors, ...document.warnings];
  if (mistake === undefined) return { yaml: { source, document, positionOf } };
  const position = positionOf(mistake.pos[0]);
  const message = `error parse config file ${source}: yaml: line ${position.line}: ${mistake.message}.`;
  const remedy = text.includes("{{")
    ? "It looks like a template: the original's image renders it with gomplate before it starts; give the result."
    : "Correct the syntax.";
  return { problems: [{ severity: "error", source, ...position, path: "", message, remedy }] };
}

function withoutTimes(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag === "string") return !["intTime", "floatTime", "timestamp"].includes(tag);
    return tag.format !== "TIME" && tag.tag !== "tag:yaml.org,2002:timestamp";
  });
}
