import type { Token } from "./lex.ts";
import type { Command, Operand, Pipe } from "./nodes.ts";
import { numberConstant } from "./number-constant.ts";
import { TemplateError } from "./template-error.ts";
import { textConstant } from "./text-constant.ts";

/** A place in a list of tokens, and what may be named there. */
export interface Cursor {
  readonly template: string;
  readonly tokens: readonly Token[];
  readonly functions: ReadonlySet<string>;
  index: number;
  /** Variables in sight, the newest last. */
  variables: readonly string[];
  /** How deep blocks and parentheses are nested. */
  depth: number;
}

/** A pipeline, up to what ends it: the delimiter or a closing parenthesis. */
export function parsePipe(cursor: Cursor, context: string): Pipe {
  skipSpace(cursor);
  const { line } = peek(cursor);
  const { names, assigns } = parseDeclaration(cursor, context);
  const commands: Command[] = [];
  for (;;) {
    skipSpace(cursor);
    if (commands.length === 0 && endsPipe(cursor)) fail(cursor, `missing value for ${context}`);
    commands.push(parseCommand(cursor, commands.length > 0));
    if (!atSign(cursor, "|")) break;
    next(cursor);
  }
  // Visible from here on only: a declaration cannot name itself.
  if (!assigns) cursor.variables = [...cursor.variables, ...names];
  return { line, variables: names, assigns, commands };
}

export function peek(cursor: Cursor): Token {
  return cursor.tokens[cursor.index] ?? lastToken(cursor);
}

/** The token `offset` places further, or the next one when that is white space. */
export function peekPastSpace(cursor: Cursor, offset: number): Token {
  const token = cursor.tokens[cursor.index + offset];
  return (token?.kind === "space" ? cursor.tokens[cursor.index + offset + 1] : token) ?? lastToken(cursor);
}

export function next(cursor: Cursor): Token {
  const token = peek(cursor);
  cursor.index += 1;
  return token;
}

export function skipSpace(cursor: Cursor): void {
  while (peek(cursor).kind === "space") cursor.index += 1;
}

export function atSign(cursor: Cursor, sign: string): boolean {
  const { kind, text } = peek(cursor);
  return kind === "sign" && text === sign;
}

export function expectClose(cursor: Cursor, context: string): void {
  skipSpace(cursor);
  const token = next(cursor);
  if (token.kind !== "close") fail(cursor, `unexpected ${JSON.stringify(token.text)} in ${context}`, token.line);
}

export function fail(cursor: Cursor, message: string, line = peek(cursor).line): never {
  throw new TemplateError({ template: cursor.template, line }, message);
}

/** The list ends with a token of its own, so there is always one. */
function lastToken(cursor: Cursor): Token {
  return cursor.tokens.at(-1) ?? { kind: "end", text: "", line: 1 };
}

function endsPipe(cursor: Cursor): boolean {
  return peek(cursor).kind === "close" || peek(cursor).kind === "end" || atSign(cursor, ")");
}

interface Declaration {
  readonly names: readonly string[];
  readonly assigns: boolean;
}

/** `$x :=`, `$x =`, and in a range `$i, $x :=`; none of them is the usual case. */
function parseDeclaration(cursor: Cursor, context: string): Declaration {
  const start = cursor.index;
  const names: string[] = [];
  while (peek(cursor).kind === "variable") {
    names.push(next(cursor).text);
    skipSpace(cursor);
    if (atSign(cursor, ":=") || atSign(cursor, "=")) {
      const assigns = next(cursor).text === "=";
      if (names.length > (context === "range" ? 2 : 1)) fail(cursor, `too many declarations in ${context}`);
      if (assigns) names.forEach((name) => requireVariable(cursor, name));
      return { names, assigns };
    }
    if (!atSign(cursor, ",") || context !== "range") break;
    next(cursor);
    skipSpace(cursor);
  }
  cursor.index = start;
  return { names: [], assigns: false };
}

function parseCommand(cursor: Cursor, takesValue: boolean): Command {
  const operands: Operand[] = [];
  for (;;) {
    skipSpace(cursor);
    if (endsPipe(cursor) || atSign(cursor, "|")) break;
    operands.push(parseOperand(cursor));
    if (peek(cursor).kind !== "space" && !endsPipe(cursor) && !atSign(cursor, "|")) {
      fail(cursor, `unexpected ${JSON.stringify(peek(cursor).text)} in operand`);
    }
  }
  const [first, ...rest] = operands;
  if (first === undefined) fail(cursor, "empty command");
  if (takesValue && (first.kind === "constant" || first.kind === "dot" || first.kind === "nil")) {
    fail(cursor, "non executable command in a later stage of a pipeline");
  }
  return { first, rest };
}

function parseOperand(cursor: Cursor): Operand {
  const base = peek(cursor).kind === "field" ? DOT : parseTerm(cursor);
  const names: string[] = [];
  while (peek(cursor).kind === "field") names.push(next(cursor).text.slice(1));
  return names.length === 0 ? base : { kind: "fields", of: base, names };
}

const DOT: Operand = { kind: "dot" };

function parseTerm(cursor: Cursor): Operand {
  const token = next(cursor);
  switch (token.kind) {
    case "string":
    case "raw":
      return { kind: "constant", value: textConstant(cursor, token) };
    case "character":
      return { kind: "constant", value: BigInt(textConstant(cursor, token).codePointAt(0) ?? 0) };
    case "number":
      return { kind: "constant", value: numberConstant(cursor, token) };
    case "variable":
      requireVariable(cursor, token.text);
      return { kind: "variable", name: token.text };
    case "word":
      return parseWord(cursor, token);
    default:
      if (token.text === ".") return DOT;
      if (token.text === "(") return parseParenthesis(cursor);
      return fail(cursor, `unexpected ${JSON.stringify(token.text)} in operand`, token.line);
  }
}

function parseWord(cursor: Cursor, { text, line }: Token): Operand {
  if (text === "true" || text === "false") return { kind: "constant", value: text === "true" };
  if (text === "nil") return { kind: "nil" };
  if (!cursor.functions.has(text)) fail(cursor, `function ${JSON.stringify(text)} not defined`, line);
  return { kind: "function", name: text };
}

/** More than anybody writes by hand. */
const MAX_DEPTH = 100;

function parseParenthesis(cursor: Cursor): Operand {
  cursor.depth += 1;
  if (cursor.depth > MAX_DEPTH) fail(cursor, "nested too deeply");
  const pipe = parsePipe(cursor, "parenthesized pipeline");
  skipSpace(cursor);
  if (!atSign(cursor, ")")) fail(cursor, "unclosed parenthesis");
  next(cursor);
  cursor.depth -= 1;
  return { kind: "pipe", pipe };
}

function requireVariable(cursor: Cursor, name: string): void {
  if (!cursor.variables.includes(name)) fail(cursor, `undefined variable ${JSON.stringify(name)}`);
}
