import {
  AndFilter,
  ApproximateFilter,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  GreaterThanEqualsFilter,
  LessThanEqualsFilter,
  NotFilter,
  OrFilter,
  PresenceFilter,
  SubstringFilter,
} from "ldapts";

/** `attribute`, or `attribute:dn:rule:` with parts left out (RFC 4515 §3, `extensible`). */
const LEFT_SIDE = /^([\w.;-]*)(?:(:dn)?(?::([\w.-]+))?:)?$/i;
const ITEM = /([^()=<>~]*)([<>~]?=)([^()]*)\)/y;

/**
 * One attribute has one value. The value is sent as bytes of its own, so nothing in it can be taken for a part of the filter.
 *
 * @param attribute may name a matching rule: `member:1.2.840.113556.1.4.1941:` finds groups of groups in Active Directory.
 * @throws {Error} when it is no attribute.
 */
export function equals(attribute: string, value: Buffer): Filter {
  const [whole, name = "", dn, rule = ""] = LEFT_SIDE.exec(attribute) ?? [];
  if (whole === undefined || (name === "" && rule === "")) throw new Error(`${attribute} is not an attribute`);
  if (!whole.endsWith(":")) return new EqualityFilter({ attribute: name, value });
  return new ExtensibleFilter({ matchType: name, dnAttributes: dn !== undefined, rule, value: textOf(value) });
}

/**
 * A search filter as text, RFC 4515. ldapts has a parser of its own, which takes the bytes of an escape for characters and knows
 * neither attribute options nor object identifiers.
 *
 * @param text filters in parentheses; several are joined by "and".
 * @throws {Error} when it is none.
 */
export function parseFilters(text: string): readonly Filter[] {
  const filters: Filter[] = [];
  for (let at = 0; at < text.length;) {
    const { filter, end } = parseAt(text, at);
    filters.push(filter);
    at = end;
  }
  return filters;
}

interface Parsed {
  readonly filter: Filter;
  /** Where the next one begins. */
  readonly end: number;
}

function parseAt(text: string, at: number): Parsed {
  if (text[at] !== "(") throw invalid(text, at);
  const operator = text[at + 1];
  if (operator === "&" || operator === "|" || operator === "!") return parseSet(text, at + 2, operator);
  ITEM.lastIndex = at + 1;
  const [whole, left = "", comparison = "", right = ""] = ITEM.exec(text) ?? [];
  if (whole === undefined) throw invalid(text, at);
  return { filter: itemOf(left, comparison, right), end: at + 1 + whole.length };
}

function parseSet(text: string, start: number, operator: "&" | "|" | "!"): Parsed {
  const filters: Filter[] = [];
  let at = start;
  while (text[at] === "(") {
    const { filter, end } = parseAt(text, at);
    filters.push(filter);
    at = end;
  }
  const [first] = filters;
  if (text[at] !== ")" || first === undefined || (operator === "!" && filters.length > 1)) throw invalid(text, at);
  const end = at + 1;
  if (operator === "!") return { filter: new NotFilter({ filter: first }), end };
  return { filter: operator === "&" ? new AndFilter({ filters }) : new OrFilter({ filters }), end };
}

function itemOf(left: string, comparison: string, right: string): Filter {
  if (comparison === "=" && right.includes("*") && !left.includes(":")) return substringOf(left, right);
  const value = unescape(right);
  if (comparison === "=") return equals(left, value);
  const options = { attribute: left, value: textOf(value) };
  if (comparison === ">=") return new GreaterThanEqualsFilter(options);
  return comparison === "<=" ? new LessThanEqualsFilter(options) : new ApproximateFilter(options);
}

function substringOf(attribute: string, pattern: string): Filter {
  if (pattern === "*") return new PresenceFilter({ attribute });
  const parts = pattern.split("*").map((part) => textOf(unescape(part)));
  return new SubstringFilter({
    attribute,
    initial: parts[0] ?? "",
    any: parts.slice(1, -1).filter((part) => part !== ""),
    final: parts.at(-1) ?? "",
  });
}

/** `\28` is a byte; two of them may be one character. */
function unescape(value: string): Buffer {
  const parts = value.split(/\\([0-9a-f]{2})/i);
  if (parts.some((part, index) => index % 2 === 0 && part.includes("\\"))) {
    throw new Error(`a backslash in a filter is followed by two hexadecimal digits; this is not: ${value}`);
  }
  return Buffer.concat(parts.map((part, index) => Buffer.from(part, index % 2 === 0 ? "utf8" : "hex")));
}

function textOf(value: Buffer): string {
  const text = value.toString("utf8");
  if (!Buffer.from(text).equals(value)) throw new Error("only = compares values that are no text");
  return text;
}

function invalid(text: string, at: number): Error {
  return new Error(`the filter ${text} cannot be understood at character ${at + 1}`);
}
