/** What can be written: the keys of a mapping stand in the order in which they are. */
export type YamlValue = string | number | boolean | YamlMap | readonly YamlValue[];

export interface YamlMap {
  readonly [key: string]: YamlValue;
}

/** Write a mapping as Go's YAML library does: the same indentation, and quotation marks for the same texts. */
export function renderYaml(map: YamlMap): string {
  const lines = mapLines(map, 0);
  return lines.length === 0 ? "{}\n" : `${lines.join("\n")}\n`;
}

const STEP = 4;

/** Things inside stand at the next multiple of the step. */
const deeper = (indent: number): number => STEP * Math.floor((indent + STEP) / STEP);

const pad = (indent: number): string => " ".repeat(indent);

function mapLines(map: YamlMap, indent: number): readonly string[] {
  return Object.entries(map).flatMap(([key, value]) => {
    const [first = "", ...rest] = valueLines(value, indent);
    return [`${pad(indent)}${scalar(key, indent)}:${first === "" ? "" : ` ${first}`}`, ...rest];
  });
}

/** The first line is what stands behind the key, and empty when the value begins on the next one. */
function valueLines(value: YamlValue, indent: number): readonly string[] {
  if (isList(value)) return value.length === 0 ? ["[]"] : ["", ...listLines(value, deeper(indent))];
  if (typeof value !== "object") return scalar(value, deeper(indent)).split("\n");
  return Object.keys(value).length === 0 ? ["{}"] : ["", ...mapLines(value, deeper(indent))];
}

function listLines(values: readonly YamlValue[], indent: number): readonly string[] {
  const inside = indent + 2;
  return values.flatMap((value) => {
    const [first = "", ...rest] = itemLines(value, inside);
    return [`${pad(indent)}- ${first}`, ...rest];
  });
}

/** A mapping begins on the line of the dash. */
function itemLines(value: YamlValue, inside: number): readonly string[] {
  if (typeof value !== "object") return scalar(value, inside).split("\n");
  if (isList(value) || Object.keys(value).length === 0) return valueLines(value, inside);
  const [first = "", ...rest] = mapLines(value, inside);
  return [first.slice(inside), ...rest];
}

const isList = (value: YamlValue): value is readonly YamlValue[] => Array.isArray(value);

/** Several lines for a text of several lines, which stand at the indentation. */
function scalar(value: string | number | boolean, indent: number): string {
  if (typeof value !== "string") return String(value);
  if (SPECIAL.test(value)) return doubleQuoted(value);
  if (value.includes("\n")) return literal(value, indent);
  if (isOtherType(value)) return doubleQuoted(value);
  return isPlain(value) ? value : `'${value.replaceAll("'", "''")}'`;
}

/** Control characters, line separators, and what lies beyond the basic plane. */
const SPECIAL = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u2029\uFEFF\u{10000}-\u{10FFFF}]/u;

function literal(value: string, indent: number): string {
  if (/^[ \n]| \n| $/.test(value)) return doubleQuoted(value);
  const end = /\n*$/.exec(value)?.[0].length ?? 0;
  const chomping = end === 0 ? "-" : end === 1 ? "" : "+";
  const body = end === 0 ? value : value.slice(0, -1);
  const lines = body.split("\n").map((line) => (line === "" ? "" : `${pad(indent)}${line}`));
  return [`|${chomping}`, ...lines].join("\n");
}

/** Would it be read as something else than a text: a null, a boolean, a number, a date? */
function isOtherType(text: string): boolean {
  if (/^(?:|~|null|Null|NULL|y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/.test(text)) return true;
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return true;
  if (/^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/.test(text)) return true;
  return isNumberText(text) || /^\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt\s])/.test(text);
}

function isNumberText(text: string): boolean {
  const plain = text.replaceAll("_", "");
  if (/^[-+]?(?:\d+|0[xX][0-9a-fA-F]+|0o?[0-7]+|0b[01]+)$/.test(plain)) return true;
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(plain)) return true;
  // Minutes and seconds, as in 1:30.
  return /^[-+]?\d[0-9_]*(?::[0-5]?\d)+(?:\.[0-9_]*)?$/.test(text);
}

function isPlain(text: string): boolean {
  if (/^[#,[\]{}&*!|>'"%@`]|^[-?:](?:\s|$)|^---|^\.\.\./.test(text)) return false;
  return !/: |:$| #|^ | $/.test(text);
}

const doubleQuoted = (text: string): string => `"${Array.from(text, escaped).join("")}"`;

const ESCAPES: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\" };

function escaped(sign: string): string {
  const known = ESCAPES[sign];
  if (known !== undefined) return known;
  if (!SPECIAL.test(sign)) return sign;
  const hex = (sign.codePointAt(0) ?? 0).toString(16).toUpperCase();
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
