import { formatVerb, type Verb } from "./format-verb.ts";
import { FunctionError } from "./function-error.ts";
import { printValue } from "./print-value.ts";
import { type GoValue, typeOf } from "./value.ts";

/** Go's `Sprint`: a space between neighbours of which neither is text. */
export function print(args: readonly GoValue[]): string {
  return args
    .map((value, index) => {
      const gap = index > 0 && typeof value !== "string" && typeof args[index - 1] !== "string";
      return (gap ? " " : "") + printValue(value);
    })
    .join("");
}

/** Go's `Sprintln`. */
export function println(args: readonly GoValue[]): string {
  return `${args.map(printValue).join(" ")}\n`;
}

const VERB = /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?([^]?)/gu;

/** Go's `Sprintf`, with its ways of saying what is wrong with the arguments. */
export function printf(format: string, args: readonly GoValue[]): string {
  let used = 0;
  const take = (): GoValue => args[used++];
  let text = "";
  let end = 0;
  for (const match of format.matchAll(VERB)) {
    text += format.slice(end, match.index);
    end = match.index + match[0].length;
    const verb = readVerb(match, take);
    if (verb.letter === "%") text += "%";
    else if (verb.letter === "") text += "%!(NOVERB)";
    else text += used < args.length ? formatVerb(verb, take()) : `%!${verb.letter}(MISSING)`;
  }
  text += format.slice(end);
  if (used >= args.length) return text;
  return `${text}%!(EXTRA ${args.slice(used).map(describe).join(", ")})`;
}

function readVerb([whole, flags = "", width, precision, letter = ""]: RegExpMatchArray, take: () => GoValue): Verb {
  const hasPrecision = whole.slice(0, whole.length - letter.length).includes(".");
  return {
    letter,
    flags,
    width: count(width, take),
    precision: hasPrecision ? (count(precision, take) ?? 0) : undefined,
  };
}

function describe(value: GoValue): string {
  return value === undefined ? "<nil>" : `${typeOf(value)}=${printValue(value)}`;
}

/** More would only be there to fill the memory. */
const MAX_WIDTH = 10_000;

function count(text: string | undefined, take: () => GoValue): number | undefined {
  if (text === undefined) return undefined;
  const value = text === "*" ? take() : BigInt(text);
  if (typeof value !== "bigint" || value > MAX_WIDTH)
    throw new FunctionError("not a possible width or precision of printf");
  return Number(value);
}
