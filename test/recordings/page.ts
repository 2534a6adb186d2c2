/** A named input, button or text area. */
export interface Field {
  readonly element: string;
  /** As the page says it; what an element without one is. */
  readonly type: string;
  readonly name: string;
  readonly value: string;
  readonly isChecked: boolean;
}

export interface Form {
  /** Lower case. */
  readonly method: string;
  readonly action: string;
  readonly fields: readonly Field[];
}

export interface Link {
  readonly href: string;
  /** The first text that follows its start. */
  readonly text: string;
}

export interface Page {
  /** The visible text, one item for each run of it. */
  readonly lines: readonly string[];
  readonly forms: readonly Form[];
  readonly links: readonly Link[];
}

interface Reading {
  readonly lines: string[];
  readonly forms: { readonly method: string; readonly action: string; readonly fields: Field[] }[];
  readonly links: { readonly href: string; text: string }[];
  /** Names of the elements that are open. */
  readonly open: string[];
}

/** Read the visible text, the forms and the links of an HTML page, however ragged it is. */
export function readPage(markup: string): Page {
  const reading: Reading = { lines: [], forms: [], links: [], open: [] };
  for (const { 0: token, groups = {} } of markup.matchAll(TOKEN)) {
    const { start, end, attributes = "" } = groups;
    if (start !== undefined) openElement(reading, start.toLowerCase(), attributes);
    else if (end !== undefined) closeElement(reading, end.toLowerCase());
    else if (token === "<" || !token.startsWith("<")) addText(reading, token);
  }
  return { lines: reading.lines, forms: reading.forms, links: reading.links };
}

/** A script or style with what is in it, a comment or declaration, a tag, or text. */
const TOKEN =
  /<(script|style)\b[\s\S]*?<\/\1\s*>|<!--[\s\S]*?-->|<![^>]*>|<\/(?<end>[a-z][^\s/>]*)[^>]*>|<(?<start>[a-z][^\s/>]*)(?<attributes>(?:"[^"]*"|'[^']*'|[^"'>])*)>|[^<]+|</gi;
const ATTRIBUTE = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g;
const VOID = new Set(["input", "meta", "link", "br", "hr", "img"]);
const FIELDS = new Set(["input", "button", "textarea"]);
const INVISIBLE = ["svg", "title"];

function openElement(reading: Reading, name: string, text: string): void {
  const attributes = readAttributes(text);
  if (name === "form") {
    const { method, action = "" } = attributes;
    reading.forms.push({ method: (method || "get").toLowerCase(), action, fields: [] });
  }
  if (name === "a" && attributes["href"]) reading.links.push({ href: attributes["href"], text: "" });
  if (FIELDS.has(name) && attributes["name"]) {
    const { type = name === "input" ? "text" : name, value = "" } = attributes;
    const field = { element: name, type, name: attributes["name"], value, isChecked: "checked" in attributes };
    reading.forms.at(-1)?.fields.push(field);
  }
  if (!VOID.has(name) && !text.endsWith("/")) reading.open.push(name);
}

function readAttributes(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(ATTRIBUTE)].map(([, key = "", ...values]) => [
      key.toLowerCase(),
      decode(values.find((value) => value !== undefined) ?? ""),
    ]),
  );
}

function closeElement({ open }: Reading, name: string): void {
  const at = open.lastIndexOf(name);
  if (at !== -1) open.length = at;
}

function addText({ lines, links, open }: Reading, markup: string): void {
  const text = decode(markup).split(/\s+/).filter(Boolean).join(" ");
  if (text === "" || INVISIBLE.some((name) => open.includes(name))) return;
  lines.push(text);
  const link = links.at(-1);
  if (link?.text === "") link.text = text;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  times: "×",
};

function decode(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (found, hex?: string, decimal?: string, name = "") => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name] ?? found;
  });
}
