import { lex, type Token } from "./lex.ts";
import type { Node, Pipe } from "./nodes.ts";
import {
  atSign,
  type Cursor,
  expectClose,
  fail,
  next,
  parsePipe,
  peek,
  peekPastSpace,
  skipSpace,
} from "./parse-pipe.ts";
import { textConstant } from "./text-constant.ts";

/** The templates of a source by name: itself and what it defines. */
export type Definitions = ReadonlyMap<string, readonly Node[]>;

/**
 * @param name of the source, and of what stands outside of its definitions.
 * @param functions that it may call.
 * @throws {TemplateError} naming the line.
 */
export function parse(name: string, source: string, functions: ReadonlySet<string>): Definitions {
  const cursor: TreeCursor = {
    template: name,
    tokens: lex(name, source),
    index: 0,
    variables: ["$"],
    functions,
    depth: 0,
    ranges: 0,
    definitions: new Map(),
  };
  const nodes: Node[] = [];
  while (peek(cursor).kind !== "end") {
    if (startsDefinition(cursor)) parseDefinition(cursor);
    else nodes.push(parseNode(cursor));
  }
  define(cursor, name, nodes);
  return cursor.definitions;
}

/** A definition that says nothing does not replace one that does. */
export function isEmpty(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === "text" && node.text.trim() === "");
}

interface TreeCursor extends Cursor {
  readonly definitions: Map<string, readonly Node[]>;
  /** How many ranges are open: `break` and `continue` need one. */
  ranges: number;
}

/** As many as nobody writes by hand: the parser calls itself. */
const MAX_DEPTH = 100;

function startsDefinition(cursor: TreeCursor): boolean {
  return peek(cursor).kind === "open" && peekPastSpace(cursor, 1).text === "define";
}

function parseDefinition(cursor: TreeCursor): void {
  next(cursor);
  skipSpace(cursor);
  const { line } = next(cursor);
  const name = parseName(cursor, "define clause");
  expectClose(cursor, "define clause");
  const outer = cursor.variables;
  cursor.variables = ["$"];
  const { nodes } = parseList(cursor, new Set(["end"]));
  cursor.variables = outer;
  define(cursor, name, nodes, line);
}

function define(cursor: TreeCursor, name: string, nodes: readonly Node[], line = 1): void {
  const existing = cursor.definitions.get(name);
  if (existing !== undefined && !isEmpty(existing) && !isEmpty(nodes)) {
    fail(cursor, `multiple definition of template ${JSON.stringify(name)}`, line);
  }
  if (existing === undefined || isEmpty(existing)) cursor.definitions.set(name, nodes);
}

interface List {
  readonly nodes: readonly Node[];
  /** The word that ended it; what follows it is not read yet. */
  readonly end: Token;
}

/** Nodes up to an action that begins with one of the words. */
function parseList(cursor: TreeCursor, ends: ReadonlySet<string>): List {
  const nodes: Node[] = [];
  cursor.depth += 1;
  if (cursor.depth > MAX_DEPTH) fail(cursor, "nested too deeply");
  for (;;) {
    if (peek(cursor).kind === "end") fail(cursor, "unexpected EOF: an {{end}} is missing");
    const word = peek(cursor).kind === "open" ? peekPastSpace(cursor, 1) : undefined;
    if (word !== undefined && word.kind === "word" && ends.has(word.text)) {
      next(cursor);
      skipSpace(cursor);
      const end = next(cursor);
      if (end.text === "end") expectClose(cursor, "{{end}}");
      cursor.depth -= 1;
      return { nodes, end };
    }
    nodes.push(parseNode(cursor));
  }
}

function parseNode(cursor: TreeCursor): Node {
  const token = next(cursor);
  if (token.kind === "text") return { kind: "text", text: token.text };
  skipSpace(cursor);
  const { kind, text: word, line } = peek(cursor);
  if (kind === "word") {
    const parseAction = ACTIONS[word];
    if (parseAction !== undefined) {
      next(cursor);
      return parseAction(cursor, line);
    }
    if (word === "end" || word === "else") fail(cursor, `unexpected {{${word}}}`);
    if (word === "define") fail(cursor, "unexpected {{define}}: it stands at the top level only");
  }
  const pipe = parsePipe(cursor, "command");
  expectClose(cursor, "command");
  return { kind: "action", line, pipe };
}

const ACTIONS: Readonly<Record<string, (cursor: TreeCursor, line: number) => Node>> = {
  if: (cursor, line) => parseBranch(cursor, "if", line),
  with: (cursor, line) => parseBranch(cursor, "with", line),
  range: (cursor, line) => parseBranch(cursor, "range", line),
  template: (cursor, line) => {
    const name = parseName(cursor, "template clause");
    return { kind: "template", line, name, pipe: parseOptionalPipe(cursor, "template clause") };
  },
  block: parseBlock,
  break: (cursor) => parseJump(cursor, "break"),
  continue: (cursor) => parseJump(cursor, "continue"),
};

function parseJump(cursor: TreeCursor, kind: "break" | "continue"): Node {
  if (cursor.ranges === 0) fail(cursor, `{{${kind}}} outside {{range}}`);
  expectClose(cursor, `{{${kind}}}`);
  return { kind };
}

function parseBranch(cursor: TreeCursor, kind: "if" | "with" | "range", line: number): Node {
  const visible = cursor.variables.length;
  const pipe = parsePipe(cursor, kind);
  expectClose(cursor, kind);
  if (kind === "range") cursor.ranges += 1;
  const { nodes: body, end } = parseList(cursor, new Set(["end", "else"]));
  if (kind === "range") cursor.ranges -= 1;
  const otherwise = end.text === "else" ? parseElse(cursor, kind) : [];
  cursor.variables = cursor.variables.slice(0, visible);
  return { kind, line, pipe, body, otherwise };
}

/** `{{else}} … {{end}}`, or `{{else if …}}`, which shares the end. */
function parseElse(cursor: TreeCursor, kind: "if" | "with" | "range"): readonly Node[] {
  skipSpace(cursor);
  const { kind: tokenKind, text, line } = peek(cursor);
  if (tokenKind === "word" && text === kind && kind !== "range") {
    next(cursor);
    return [parseBranch(cursor, kind, line)];
  }
  expectClose(cursor, "{{else}}");
  return parseList(cursor, new Set(["end"])).nodes;
}

function parseBlock(cursor: TreeCursor, line: number): Node {
  const name = parseName(cursor, "block clause");
  const pipe = parseOptionalPipe(cursor, "block clause");
  if (pipe === undefined) fail(cursor, "missing value for block clause", line);
  const outer = cursor.variables;
  cursor.variables = ["$"];
  const { nodes } = parseList(cursor, new Set(["end"]));
  cursor.variables = outer;
  define(cursor, name, nodes, line);
  return { kind: "template", line, name, pipe };
}

function parseOptionalPipe(cursor: TreeCursor, context: string): Pipe | undefined {
  skipSpace(cursor);
  const pipe = peek(cursor).kind === "close" ? undefined : parsePipe(cursor, context);
  expectClose(cursor, context);
  return pipe;
}

function parseName(cursor: TreeCursor, context: string): string {
  skipSpace(cursor);
  const token = next(cursor);
  if (token.kind !== "string" && token.kind !== "raw")
    fail(cursor, `a quoted name is missing in ${context}`, token.line);
  if (atSign(cursor, ".")) fail(cursor, `unexpected "." in ${context}`);
  return textConstant(cursor, token);
}
