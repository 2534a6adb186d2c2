import { type Functions, takes, text, textFunction } from "../go-template/functions.ts";
import { print as printAll } from "../go-template/format.ts";
import { type GoValue, isList, isStruct, isTrue } from "../go-template/value.ts";

/**
 * What dex's templates may call besides Go's own: those functions of the sprig library that pages are written with. The subject comes
 * last, so that a pipe can end in it. One that is missing here is an error at the start, which names it.
 */
export const SPRIG_FUNCTIONS: Functions = {
  lower: textFunction((value) => value.toLowerCase()),
  upper: textFunction((value) => value.toUpperCase()),
  title: textFunction((value) =>
    value.replace(/(^|\s)(\S)/g, (_, space: string, letter: string) => space + letter.toUpperCase()),
  ),
  untitle: textFunction((value) =>
    value.replace(/(^|\s)(\S)/g, (_, space: string, letter: string) => space + letter.toLowerCase()),
  ),
  trim: textFunction((value) => value.trim()),
  nospace: textFunction((value) => value.replace(/\s/g, "")),
  initials: textFunction((value) => [...value.matchAll(/(?:^|\s)(\S)/g)].map(([, letter]) => letter ?? "").join("")),
  quote: (args) => args.map((value) => JSON.stringify(print(value))).join(" "),
  squote: (args) => args.map((value) => `'${print(value)}'`).join(" "),
  trimAll: subject(2, ([cut], value) => trimPrefixes(trimSuffixes(value, cut), cut)),
  trimPrefix: subject(2, ([prefix], value) => (value.startsWith(prefix) ? value.slice(prefix.length) : value)),
  trimSuffix: subject(2, ([suffix], value) =>
    suffix !== "" && value.endsWith(suffix) ? value.slice(0, -suffix.length) : value,
  ),
  contains: subject(2, ([part], value) => value.includes(part)),
  hasPrefix: subject(2, ([prefix], value) => value.startsWith(prefix)),
  hasSuffix: subject(2, ([suffix], value) => value.endsWith(suffix)),
  replace: subject(3, ([before, after], value) => value.replaceAll(before, () => after)),
  cat: (args) => args.map(print).join(" "),
  repeat: takes(2, 2, ([count, value]) => text(value).repeat(Math.min(Math.max(whole(count), 0), 1000))),
  trunc: takes(2, 2, ([length, value]) => truncated(text(value), whole(length))),
  splitList: subject(2, ([separator], value) => value.split(separator)),
  join: takes(2, 2, ([separator, value]) => (isList(value) ? value : [value]).map(print).join(text(separator))),
  list: (args) => args,
  first: takes(1, 1, ([value]) => (isList(value) ? value[0] : undefined)),
  last: takes(1, 1, ([value]) => (isList(value) ? value.at(-1) : undefined)),
  has: takes(2, 2, ([wanted, value]) => isList(value) && value.includes(wanted)),
  dict: (args) => Object.fromEntries(pairsOf(args)),
  get: takes(2, 2, ([value, key]) => (isStruct(value) ? (value[text(key)] ?? "") : "")),
  hasKey: takes(2, 2, ([value, key]) => isStruct(value) && Object.hasOwn(value, text(key))),
  default: takes(1, 2, ([fallback, value]) => (isTrue(value) ? value : fallback)),
  empty: takes(1, 1, ([value]) => !isTrue(value)),
  coalesce: (args) => args.find(isTrue),
  ternary: takes(3, 3, ([yes, no, condition]) => (isTrue(condition) ? yes : no)),
  add: (args) => BigInt(args.reduce<number>((sum, value) => sum + whole(value), 0)),
  sub: takes(2, 2, ([one, other]) => BigInt(whole(one) - whole(other))),
  now: takes(0, 0, () => new Date().toISOString()),
  date: takes(2, 2, ([layout, time]) => formatted(text(layout), new Date(text(time)))),
};

/** A function whose arguments are all texts, the last one the subject. */
function subject(
  count: number,
  change: (options: readonly [string, string], value: string) => GoValue,
): Functions[string] {
  return takes(count, count, (args) => {
    const [first = "", second = ""] = args.slice(0, -1).map(text);
    return change([first, second], text(args.at(-1)));
  });
}

function print(value: GoValue): string {
  return printAll([value]);
}

function whole(value: GoValue): number {
  const number = Number(print(value));
  return Number.isFinite(number) ? Math.trunc(number) : 0;
}

/** A negative length keeps the end. */
function truncated(value: string, length: number): string {
  return length < 0 ? value.slice(length) : value.slice(0, length);
}

function trimPrefixes(value: string, cut: string): string {
  let start = 0;
  while (start < value.length && cut.includes(value.charAt(start))) start += 1;
  return value.slice(start);
}

function trimSuffixes(value: string, cut: string): string {
  let end = value.length;
  while (end > 0 && cut.includes(value.charAt(end - 1))) end -= 1;
  return value.slice(0, end);
}

function pairsOf(args: readonly GoValue[]): [string, GoValue][] {
  return args.flatMap((key, at): [string, GoValue][] => (at % 2 === 0 ? [[print(key), args[at + 1] ?? ""]] : []));
}

/** The parts of Go's reference time that footers are written with, in UTC. */
function formatted(layout: string, time: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const month = new Intl.DateTimeFormat("en", { month: "long", timeZone: "UTC" }).format(time);
  const parts: Readonly<Record<string, string>> = {
    "2006": String(time.getUTCFullYear()),
    January: month,
    Jan: month.slice(0, 3),
    "01": two(time.getUTCMonth() + 1),
    "02": two(time.getUTCDate()),
    "15": two(time.getUTCHours()),
    "04": two(time.getUTCMinutes()),
    "05": two(time.getUTCSeconds()),
    "2": String(time.getUTCDate()),
  };
  return layout.replace(/2006|January|Jan|01|02|15|04|05|2/g, (part) => parts[part] ?? part);
}
