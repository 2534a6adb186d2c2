import type { Token } from "./lex.ts";
import { type Place, TemplateError } from "./template-error.ts";

/** The text of a `"quoted"` or `` `raw` `` token, or of a `'c'`. */
export function textConstant(place: Pick<Place, "template">, token: Token): string {
  const inner = token.text.slice(1, -1);
  if (token.kind === "raw") return inner.replaceAll("\r", "");
  return inner.replace(ESCAPE, (escape: string) => {
    const text = unescape(escape);
    if (text === undefined) throw new TemplateError({ ...place, line: token.line }, `bad escape in ${token.text}`);
    return text;
  });
}

const ESCAPE = /\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|[^])/g;

const SINGLE: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** A byte above 127 (`\xff`, `\377`) becomes the character of that number: texts are no byte strings here. */
function unescape(escape: string): string | undefined {
  const body = escape.slice(1);
  if (body.length === 1) return SINGLE[body];
  const code = /^[xuU]/.test(body) ? Number.parseInt(body.slice(1), 16) : Number.parseInt(body, 8);
  return code > 0x10ffff ? undefined : String.fromCodePoint(code);
}
