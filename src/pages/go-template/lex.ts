import { TemplateError } from "./template-error.ts";

/** The words of a source. `text` stands outside of actions; `open` and `close` are their delimiters. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly line: number;
}

export type TokenKind =
  | "text"
  | "open"
  | "close"
  | "space"
  | "string"
  | "raw"
  | "character"
  | "number"
  | "field"
  | "variable"
  | "word"
  | "sign"
  | "end";

/** @throws {TemplateError} for what no template may contain. */
export function lex(template: string, source: string): readonly Token[] {
  const lexer: Lexer = { template, source, position: 0, line: 1, tokens: [], trims: false };
  while (lexer.position < source.length) lexText(lexer);
  lexer.tokens.push({ kind: "end", text: "", line: lexer.line });
  return lexer.tokens;
}

interface Lexer {
  readonly template: string;
  readonly source: string;
  readonly tokens: Token[];
  position: number;
  line: number;
  /** The action before asked for the white space after it to go. */
  trims: boolean;
}

const LEADING_SPACE = /^[ \t\r\n]+/;
const TRAILING_SPACE = /[ \t\r\n]+$/;

function lexText(lexer: Lexer): void {
  const { source, position } = lexer;
  const start = source.indexOf("{{", position);
  const end = start === -1 ? source.length : start;
  const trimsBefore = start !== -1 && /^\{\{-[ \t\r\n]/.test(source.slice(start, start + 4));
  let text = source.slice(position, end);
  if (lexer.trims) text = text.replace(LEADING_SPACE, "");
  if (trimsBefore) text = text.replace(TRAILING_SPACE, "");
  lexer.trims = false;
  if (text !== "") lexer.tokens.push({ kind: "text", text, line: lexer.line });
  advance(lexer, end);
  if (start !== -1) lexAction(lexer, start + (trimsBefore ? 4 : 2));
}

function lexAction(lexer: Lexer, inside: number): void {
  if (lexer.source.startsWith("/*", inside)) {
    lexComment(lexer, inside);
    return;
  }
  lexer.tokens.push({ kind: "open", text: "{{", line: lexer.line });
  advance(lexer, inside);
  while (!lexClose(lexer)) lexInside(lexer);
  lexer.tokens.push({ kind: "close", text: "}}", line: lexer.line });
}

const CLOSE = /[ \t\r\n]*[ \t\r\n]-\}\}|[ \t\r\n]*\}\}/y;

/** The action's end, if it is here. */
function lexClose(lexer: Lexer): boolean {
  const close = matchAt(CLOSE, lexer);
  if (close === undefined) return false;
  lexer.trims = close.endsWith("-}}");
  advance(lexer, lexer.position + close.length);
  return true;
}

function lexComment(lexer: Lexer, inside: number): void {
  const end = lexer.source.indexOf("*/", inside + 2);
  if (end === -1) throw new TemplateError(lexer, "unclosed comment");
  const rest = lexer.source.slice(end + 2, end + 6);
  const close = /^(?:[ \t\r\n]-)?\}\}/.exec(rest)?.[0];
  if (close === undefined) throw new TemplateError(lexer, "comment ends before closing delimiter");
  lexer.trims = close.length > 2;
  advance(lexer, end + 2 + close.length);
}

const WORDS: readonly (readonly [kind: TokenKind, pattern: RegExp])[] = [
  ["space", /[ \t\r\n]+/y],
  ["string", /"(?:[^"\\\n]|\\[^\n])*"/y],
  ["raw", /`[^`]*`/y],
  ["character", /'(?:[^'\\\n]|\\[^\n][^'\n]*)'/y],
  [
    "number",
    /[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)(?![\p{L}\p{Nd}_.])/uy,
  ],
  ["field", /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ["variable", /\$[\p{L}\p{Nd}_]*/uy],
  ["word", /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ["sign", /:=|[=|(),.]/y],
];

function lexInside(lexer: Lexer): void {
  for (const [kind, pattern] of WORDS) {
    const text = matchAt(pattern, lexer);
    if (text !== undefined) {
      lexer.tokens.push({ kind, text, line: lexer.line });
      advance(lexer, lexer.position + text.length);
      return;
    }
  }
  const found = lexer.source[lexer.position];
  throw new TemplateError(
    lexer,
    found === undefined ? "unclosed action" : `unexpected ${JSON.stringify(found)} in an action`,
  );
}

function matchAt(pattern: RegExp, { source, position }: Lexer): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(source)?.[0];
}

function advance(lexer: Lexer, position: number): void {
  for (let index = lexer.position; index < position; index += 1) {
    if (lexer.source.charCodeAt(index) === 10) lexer.line += 1;
  }
  lexer.position = position;
}
