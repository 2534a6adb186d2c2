type Env = Readonly<Record<string, string | undefined>>;

/** The text with variables put in, or the original's words for why that cannot be done. */
export type Substituted = { readonly text: string } | { readonly error: string };

/**
 * Put variables into a whole file, comments and all, as the original does (the language of a8m/envsubst): `$NAME`,
 * `${NAME}`, `${NAME:-default}` and `${NAME:=default}` (unset or empty), `${NAME-default}` and `${NAME=default}` (unset),
 * `${NAME+other}` and `${NAME:+other}` (set). A default is one variable or plain text; braces do not nest. An unset
 * variable is empty. `$$` is a dollar sign, and `$1` stays, for the sake of rewrite targets.
 */
export function substituteVariables(text: string, env: Env): Substituted {
  const lexer: Lexer = { input: protectDigits(text), at: 0, start: 0, last: 0, depth: 0, tokens: [] };
  let state: State | "error" | undefined = "text";
  while (state !== undefined && state !== "error") state = STATES[state](lexer);
  if (state === "error") return { error: "error in substituting env variables : closing brace expected" };
  return { text: evaluate(lexer.tokens, env) };
}

/** A dollar sign before a digit is doubled, unless it is one already. */
function protectDigits(text: string): string {
  return text.replaceAll(/\$+(?=\d)/g, (signs) => (signs.length % 2 === 1 ? `${signs}$` : signs));
}

type TokenKind = "text" | "variable" | "open" | "close" | "+" | "-" | "=" | ":-" | ":=" | ":+";

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

interface Lexer {
  readonly input: string;
  at: number;
  /** Where the token under way begins; what is read but not emitted belongs to the next one. */
  start: number;
  /** Where the last token began. */
  last: number;
  depth: number;
  readonly tokens: Token[];
}

type State = "text" | "variable" | "operator" | "substitution";

const STATES: Readonly<Record<State, (lexer: Lexer) => State | "error" | undefined>> = {
  text: lexText,
  variable: lexVariable,
  operator: lexOperator,
  substitution: lexSubstitution,
};

function peek({ input, at }: Lexer): string {
  const point = input.codePointAt(at);
  return point === undefined ? "" : String.fromCodePoint(point);
}

/** Empty at the end. */
function next(lexer: Lexer): string {
  const sign = peek(lexer);
  lexer.at += sign.length;
  return sign;
}

function emit(lexer: Lexer, kind: TokenKind): void {
  lexer.tokens.push({ kind, text: lexer.input.slice(lexer.start, lexer.at) });
  lexer.last = lexer.start;
  lexer.start = lexer.at;
}

const isWordSign = (sign: string): boolean => /^[\p{L}\p{Nd}_]$/u.test(sign);

function lexText(lexer: Lexer): State | undefined {
  const dollar = lexer.input.indexOf("$", lexer.at);
  lexer.at = dollar === -1 ? lexer.input.length : dollar;
  if (lexer.at > lexer.start) emit(lexer, "text");
  if (dollar === -1) return undefined;
  next(lexer);
  const sign = peek(lexer);
  if (sign === "{") {
    next(lexer);
    lexer.depth += 1;
    emit(lexer, "open");
    return "operator";
  }
  if (isWordSign(sign)) return "variable";
  if (sign === "$") {
    lexer.start = lexer.at;
    next(lexer);
    emit(lexer, "text");
  }
  return "text";
}

function lexVariable(lexer: Lexer): State {
  while (isWordSign(peek(lexer))) next(lexer);
  const word = lexer.input.slice(lexer.start, lexer.at);
  if (word === "_" || word === "$_") return "text";
  emit(lexer, "variable");
  return lexer.depth > 0 ? "operator" : "text";
}

const OPERATORS: readonly TokenKind[] = ["+", "-", "=", ":-", ":=", ":+"];

function lexOperator(lexer: Lexer): State | "error" {
  const sign = next(lexer);
  const ending = lexEnding(lexer, sign);
  if (ending !== undefined) return ending;
  if (isFirstWord(lexer, sign)) return "variable";
  const word = sign === ":" ? sign + next(lexer) : sign;
  const operator = OPERATORS.find((known) => known === word);
  if (operator !== undefined) emit(lexer, operator);
  return "substitution";
}

function lexSubstitution(lexer: Lexer): State | "error" {
  const sign = next(lexer);
  const ending = lexEnding(lexer, sign);
  if (ending !== undefined) return ending;
  if (sign === "$" || isFirstWord(lexer, sign)) return "variable";
  emit(lexer, "text");
  return "substitution";
}

function lexEnding(lexer: Lexer, sign: string): State | "error" | undefined {
  if (sign === "" || sign === "\n" || sign === "\r") return "error";
  if (sign !== "}") return undefined;
  lexer.depth -= 1;
  emit(lexer, "close");
  return "text";
}

/** Does the name of the variable begin here? */
const isFirstWord = ({ input, last }: Lexer, sign: string): boolean => isWordSign(sign) && input.startsWith("${", last);

function evaluate(tokens: readonly Token[], env: Env): string {
  let result = "";
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token?.kind === "variable") result += lookUp(env, withoutDollar(token.text)) ?? "";
    else if (token?.kind === "open" && tokens[index + 1]?.kind === "variable") {
      const close = tokens.findIndex(({ kind }, at) => at > index && kind === "close");
      const end = close === -1 ? tokens.length : close;
      result += evaluateBraces(tokens.slice(index + 1, end), env);
      index = end;
    } else result += token?.text ?? "";
  }
  return result;
}

/** What stands between the braces: a variable, perhaps an operator, perhaps something instead. */
function evaluateBraces([variable, ...rest]: readonly Token[], env: Env): string {
  const value = lookUp(env, variable?.text ?? "");
  const { operator, instead } = readAlternative(rest, env);
  if (operator === undefined || instead === undefined) return value ?? "";
  if (operator.endsWith("+")) return value === undefined ? "" : instead;
  const isMissing = operator.startsWith(":") ? (value ?? "") === "" : value === undefined;
  return isMissing ? instead : (value ?? "");
}

interface Alternative {
  readonly operator?: TokenKind;
  readonly instead?: string;
}

/** The last operator and the last alternative count. From plain text on, everything is text. */
function readAlternative(tokens: readonly Token[], env: Env): Alternative {
  let found: Alternative = {};
  for (const [index, { kind, text }] of tokens.entries()) {
    if (kind === "variable") found = { ...found, instead: lookUp(env, withoutDollar(text)) ?? "" };
    else if (kind !== "text") found = { ...found, operator: kind };
    else {
      const all = tokens.slice(index).map((token) => token.text);
      return { ...found, instead: all.join("") };
    }
  }
  return found;
}

const withoutDollar = (text: string): string => text.replace(/^\$/, "");

const lookUp = (env: Env, name: string): string | undefined => (Object.hasOwn(env, name) ? env[name] : undefined);
