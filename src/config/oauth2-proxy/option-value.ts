import { parseGoBool } from "../../protocol/go-bool.ts";
import { parseGoDuration } from "../go-duration.ts";
import type { OptionType, OptionValue } from "./options.ts";

/** A value of the option's type, or why there is none. */
export type Parsed = { readonly value: OptionValue } | { readonly error: string };

/** Read a value written as text: a flag's, a variable's, or a string where the file should hold something else. */
export function parseOptionText(type: OptionType, text: string): Parsed {
  return FROM_TEXT[type](text);
}

const FROM_TEXT: Readonly<Record<OptionType, (text: string) => Parsed>> = {
  string: (text) => ({ value: text }),
  bool: (text) => parseBool(text),
  int: (text) => parseInteger(text),
  duration: (text) => {
    const duration = parseGoDuration(text);
    return "error" in duration ? duration : { value: duration.seconds };
  },
  list: (text) => ({ value: text === "" ? [] : text.split(",") }),
};

/**
 * Read a value of the TOML file. The types are taken as loosely as the original takes them: text for any type,
 * a number or a boolean as text, one item for a list.
 */
export function parseFileValue(type: OptionType, raw: unknown): Parsed {
  if (typeof raw === "string") return parseFileText(type, raw);
  if (Array.isArray(raw))
    return type === "list" ? parseItems(raw) : { error: "a list stands where one value is expected" };
  if (typeof raw === "boolean") return FROM_BOOLEAN[type](raw);
  if (typeof raw === "number") return FROM_NUMBER[type](raw);
  return { error: "a table or date stands where a plain value is expected" };
}

function parseFileText(type: OptionType, text: string): Parsed {
  if (text === "" && type === "bool") return { value: false };
  return text === "" && type === "int" ? { value: 0 } : parseOptionText(type, text);
}

function parseItems(raw: readonly unknown[]): Parsed {
  const items = raw.map((item) => parseFileValue("string", item));
  const wrong = items.find((item) => "error" in item);
  return wrong ?? { value: items.map((item) => ("value" in item ? String(item.value) : "")) };
}

const FROM_BOOLEAN: Readonly<Record<OptionType, (raw: boolean) => Parsed>> = {
  bool: (raw) => ({ value: raw }),
  int: (raw) => ({ value: Number(raw) }),
  string: (raw) => ({ value: raw ? "1" : "0" }),
  list: (raw) => ({ value: [raw ? "1" : "0"] }),
  duration: () => ({ error: "a boolean is no duration" }),
};

const FROM_NUMBER: Readonly<Record<OptionType, (raw: number) => Parsed>> = {
  bool: (raw) => ({ value: raw !== 0 }),
  int: (raw) => (Number.isSafeInteger(raw) ? { value: raw } : { error: `${raw} is no whole number` }),
  string: (raw) => ({ value: String(raw) }),
  list: (raw) => ({ value: [String(raw)] }),
  // The original takes a bare number for nanoseconds, which nobody means.
  duration: (raw) => (raw === 0 ? { value: 0 } : { error: `time: missing unit in duration "${raw}"` }),
};

function parseBool(text: string): Parsed {
  const value = parseGoBool(text);
  return value === undefined
    ? { error: `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax` }
    : { value };
}

/** As Go's `ParseInt` with base 0 does: `0x1F`, `0o17`, `017`, `0b11` and `1_000` are numbers too. */
function parseInteger(text: string): Parsed {
  const [, sign = "", digits = ""] = /^([+-]?)(\w+)$/.exec(text) ?? [];
  const hasPrefix = /^0[box]?_?/i.test(digits);
  const isGrouped = /^(?:0[box])?(?:_?[0-9a-f])+$/i.test(digits) && (hasPrefix || !digits.startsWith("_"));
  const plain = digits.replaceAll("_", "").toLowerCase();
  const octal = /^0[0-7]+$/.test(plain) ? `0o${plain.slice(1)}` : plain;
  const value = isGrouped && !/^0[0-9]*[89]/.test(octal) ? Number(octal) : Number.NaN;
  if (Number.isSafeInteger(value)) return { value: sign === "-" ? -value : value };
  return { error: `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax` };
}
