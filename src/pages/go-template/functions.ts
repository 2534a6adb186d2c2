import { compareEqual, compareOrder } from "./compare.ts";
import { escapeHtmlFunction } from "./escape-html.ts";
import { escapeJsFunction } from "./escape-script.ts";
import { escapeQuery } from "./escape-url.ts";
import { print, printf, println } from "./format.ts";
import { FunctionError } from "./function-error.ts";
import { indexOf, lengthOf, sliceOf } from "./sequence.ts";
import { type GoValue, isTrue, textOf, typeOf } from "./value.ts";

/** What a template may call. A function throws {@link FunctionError} for arguments that it does not take. */
export type Functions = Readonly<Record<string, (args: readonly GoValue[]) => GoValue>>;

/** The functions that every Go template has. `and` and `or` are the evaluator's: they do not look at all their arguments. */
export const FUNCTIONS: Functions = {
  and: notEvaluatedHere,
  or: notEvaluatedHere,
  not: takes(1, 1, ([value]) => !isTrue(value)),
  len: takes(1, 1, ([value]) => lengthOf(value)),
  index: takes(1, Infinity, ([value, ...keys]) => keys.reduce(indexOf, value)),
  slice: takes(1, 4, ([value, ...bounds]) => sliceOf(value, bounds)),
  print: (args) => print(args),
  println: (args) => println(args),
  printf: takes(1, Infinity, ([format, ...args]) => printf(text(format), args)),
  html: (args) => escapeHtmlFunction(asText(args)),
  js: (args) => escapeJsFunction(asText(args)),
  urlquery: (args) => escapeQuery(asText(args)),
  call: takes(1, Infinity, ([value]) => {
    throw new FunctionError(`non-function of type ${typeOf(value)}`);
  }),
  eq: takes(2, Infinity, ([first, ...rest]) => rest.some((value) => compareEqual(first, value))),
  ne: takes(2, 2, ([first, second]) => !compareEqual(first, second)),
  lt: takes(2, 2, ([first, second]) => compareOrder(first, second) < 0),
  le: takes(2, 2, ([first, second]) => compareOrder(first, second) <= 0),
  gt: takes(2, 2, ([first, second]) => compareOrder(first, second) > 0),
  ge: takes(2, 2, ([first, second]) => compareOrder(first, second) >= 0),
};

/** A function from text to text. */
export function textFunction(change: (text: string) => string): Functions[string] {
  return takes(1, 1, ([value]) => change(text(value)));
}

type GoFunction = Functions[string];

/** A function of that many arguments, both ends included. */
export function takes(min: number, max: number, call: GoFunction): GoFunction {
  return (args) => {
    if (args.length < min || args.length > max) {
      throw new FunctionError(`wrong number of args: want ${min === max ? "" : "at least "}${min} got ${args.length}`);
    }
    return call(args);
  };
}

/** An argument that must be text. */
export function text(value: GoValue): string {
  const found = textOf(value);
  if (found === undefined) throw new FunctionError(`wrong type for value; expected string; got ${typeOf(value)}`);
  return found;
}

/** One text as it is; anything else as `print` prints it. */
function asText(args: readonly GoValue[]): string {
  return (args.length === 1 ? textOf(args[0]) : undefined) ?? print(args);
}

function notEvaluatedHere(): GoValue {
  throw new FunctionError("cannot be used as a value");
}
