import { printFloat, printValue, twoDigitExponent } from "./print-value.ts";
import { bytesOf, type GoValue, textOf, typeOf } from "./value.ts";

/** One `%…` of a format. */
export interface Verb {
  readonly letter: string;
  /** Of `-+# 0`. */
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

/** A value as the verb wants it; `%!d(string=x)` when it cannot. */
export function formatVerb(verb: Verb, value: GoValue): string {
  return pad(verb, formatValue(verb, value) ?? mismatch(verb, value));
}

function formatValue(verb: Verb, value: GoValue): string | undefined {
  if (verb.letter === "T") return typeOf(value);
  if (verb.letter === "v") return formatPlain(verb, value);
  const text = textOf(value);
  if (text !== undefined) return formatText(verb, text);
  if (typeof value === "bigint") return formatInteger(verb, value);
  if (typeof value === "number") return formatFloat(verb, value);
  if (typeof value === "boolean") return verb.letter === "t" ? String(value) : undefined;
  return undefined;
}

function formatPlain(verb: Verb, value: GoValue): string {
  if (typeof value === "string" && verb.flags.includes("#")) return quote(value);
  const sign =
    typeof value === "bigint" || typeof value === "number"
      ? signOf({ ...verb, flags: verb.flags.replaceAll("+", "") }, value < 0)
      : "";
  return sign + cut(verb, value, printValue(value));
}

function cut({ precision }: Verb, value: GoValue, text: string): string {
  return precision === undefined || textOf(value) === undefined ? text : Array.from(text).slice(0, precision).join("");
}

function formatText(verb: Verb, text: string): string | undefined {
  const shown = cut(verb, text, text);
  switch (verb.letter) {
    case "s":
      return shown;
    case "q":
      return quoteAs(verb, shown);
    case "x":
    case "X": {
      const hex = Buffer.from(bytesOf(shown)).toString("hex");
      return verb.letter === "X" ? hex.toUpperCase() : hex;
    }
    default:
      return undefined;
  }
}

function quoteAs({ flags }: Verb, text: string): string {
  if (flags.includes("#") && !/[`\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) return `\`${text}\``;
  return flags.includes("+") ? quote(text).replace(/[^\0-\u007f]/gu, escapeMark) : quote(text);
}

const RADIX: Readonly<Record<string, readonly [radix: number, prefix: string]>> = {
  d: [10, ""],
  b: [2, "0b"],
  o: [8, "0"],
  O: [8, ""],
  x: [16, "0x"],
  X: [16, "0X"],
};

function formatInteger(verb: Verb, value: bigint): string | undefined {
  const { letter, flags, precision } = verb;
  if (letter === "c" || letter === "q") return formatCharacter(letter, value);
  if (letter === "U") return `U+${value.toString(16).toUpperCase().padStart(4, "0")}`;
  const form = RADIX[letter];
  if (form === undefined) return undefined;
  const digits = (value < 0n ? -value : value).toString(form[0]).padStart(precision ?? 0, "0");
  const prefix = letter === "O" ? "0o" : flags.includes("#") ? form[1] : "";
  return signOf(verb, value < 0n, true) + prefix + (letter === "X" ? digits.toUpperCase() : digits);
}

function formatCharacter(letter: "c" | "q", value: bigint): string {
  const character = value >= 0n && value <= 0x10ffffn ? String.fromCodePoint(Number(value)) : "\uFFFD";
  if (letter === "c") return character;
  const shown = character === '"' ? character : quote(character).slice(1, -1);
  return `'${character === "'" ? "\\'" : shown}'`;
}

/** `withMinus`: the digits come without their own. */
function signOf({ flags }: Verb, isNegative: boolean, withMinus = false): string {
  if (isNegative) return withMinus ? "-" : "";
  if (flags.includes("+")) return "+";
  return flags.includes(" ") ? " " : "";
}

function formatFloat(verb: Verb, value: number): string | undefined {
  const { letter, precision } = verb;
  const shown = (text: string): string => signOf(verb, value < 0) + text;
  switch (letter) {
    case "f":
    case "F":
      return shown(value.toFixed(Math.min(precision ?? 6, 100)));
    case "e":
    case "E": {
      const text = twoDigitExponent(value.toExponential(Math.min(precision ?? 6, 100)));
      return shown(letter === "E" ? text.toUpperCase() : text);
    }
    case "g":
    case "G":
      return shown(printFloat(value, precision));
    default:
      return undefined;
  }
}

function mismatch({ letter }: Verb, value: GoValue): string {
  return value === undefined ? `%!${letter}(<nil>)` : `%!${letter}(${typeOf(value)}=${printValue(value)})`;
}

function pad({ flags, width = 0 }: Verb, text: string): string {
  const missing = Math.max(0, width - Array.from(text).length);
  if (flags.includes("-")) return text + " ".repeat(missing);
  if (!flags.includes("0")) return " ".repeat(missing) + text;
  const sign = /^[-+ ]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}

/** Go's quoted text: what is printable stays, everything else is an escape. */
export function quote(text: string): string {
  return `"${text.replace(QUOTED, (mark) => NAMED[mark] ?? escapeMark(mark))}"`;
}

const QUOTED = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

const NAMED: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

function escapeMark(mark: string): string {
  const code = mark.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
}
