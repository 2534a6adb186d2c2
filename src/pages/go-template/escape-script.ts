import { type GoValue, isList, isStruct, textOf } from "./value.ts";

/** The `js` function of Go's templates: for a string in a script, that stands in HTML. */
export function escapeJsFunction(text: string): string {
  return text.replace(/["'<>&=\\]|[\0-\u001f\u007f-\u00a0\u2028\u2029]/g, (mark) => {
    if (mark === "\\" || mark === "'" || mark === '"') return `\\${mark}`;
    return unicode(mark).toUpperCase().replace("\\U", "\\u");
  });
}

/** For a string in a script. */
export function escapeScriptString(text: string): string {
  return text.replace(/[\0\t\n\v\f\r"`&'+/<>\\\u2028\u2029]/g, (mark) => NAMED[mark] ?? unicode(mark));
}

/** For a template literal in a script. */
export function escapeScriptTemplate(text: string): string {
  return text.replace(/[\0\t\n\v\f\r"`&'+/<>\\\u2028\u2029${}]/g, (mark) => NAMED[mark] ?? unicode(mark));
}

/** For a regular expression in a script: the characters themselves. An empty one would make a comment of `//`. */
export function escapeScriptExpression(text: string): string {
  if (text === "") return "(?:)";
  return text.replace(/[\0\t\n\v\f\r"`&'+/<>\\\u2028\u2029$()*\-.?[\]^{|}]/g, (mark) => {
    if (mark !== "\\" && /[$()*\-.?[\]^{|}]/.test(mark)) return `\\${mark}`;
    return NAMED[mark] ?? unicode(mark);
  });
}

/** A value in a script, as a literal. Spaces keep numbers and words from growing together with their neighbours. */
export function scriptValue(value: GoValue): string {
  const literal = JSON.stringify(toJson(value)).replace(/[<>&\u2028\u2029]/g, unicode);
  return /^[\w$]|[\w$]$/.test(literal) ? ` ${literal} ` : literal;
}

function toJson(value: GoValue): unknown {
  if (value === undefined) return null;
  if (typeof value === "bigint") return Number(value);
  const text = textOf(value);
  if (text !== undefined) return text;
  if (isList(value)) return value.map(toJson);
  if (isStruct(value)) return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toJson(field)]));
  return value;
}

const NAMED: Readonly<Record<string, string>> = {
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
  "/": "\\/",
  "\\": "\\\\",
};

function unicode(mark: string): string {
  return `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
