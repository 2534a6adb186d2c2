import { attributeKind } from "./attribute-table.ts";
import { type Context, contentOf, type Delimiter, type Element, START, valueOf } from "./html-context.ts";
import { advanceScript } from "./script-transition.ts";
import { advanceStyle } from "./style-transition.ts";
import { unescapeHtml } from "./unescape-html.ts";

/** Where a piece of text led to, and how much of it that took. At least one character, unless there is none. */
export interface Step {
  readonly context: Context;
  readonly length: number;
}

/** Follow the template's own text one step, to where something changes. */
export function advance(context: Context, text: string): Step {
  if (context.delimiter !== "none") return advanceValue(context, text);
  const end = specialEnd(context, text);
  if (end === 0) return { context: START, length: 0 };
  return transition(context, end === undefined ? text : text.slice(0, end));
}

/** The end tag of an element whose content is no markup, outside of its attributes. */
function specialEnd({ element, state }: Context, text: string): number | undefined {
  const pattern = CONTENT_STATES.test(state) ? END_TAGS[element] : undefined;
  const index = pattern === undefined ? -1 : text.search(pattern);
  return index === -1 ? undefined : index;
}

const CONTENT_STATES = /^(?:plain-content|script|style)/;

const END_TAGS: Readonly<Partial<Record<Element, RegExp>>> = {
  script: /<\/script(?=[\s/>])/i,
  style: /<\/style(?=[\s/>])/i,
  textarea: /<\/textarea(?=[\s/>])/i,
  title: /<\/title(?=[\s/>])/i,
};

const VALUE_END: Readonly<Record<Exclude<Delimiter, "none">, RegExp>> = {
  double: /"/,
  single: /'/,
  space: /[ \t\n\f\r>]/,
};

/** Inside of an attribute's value, whose text is escaped once for HTML. */
function advanceValue(context: Context, text: string): Step {
  const { delimiter } = context;
  if (delimiter === "none") return { context, length: text.length };
  const end = text.search(VALUE_END[delimiter]);
  const value = unescapeHtml(end === -1 ? text : text.slice(0, end));
  if (end !== -1) return { context: afterValue(context, value), length: delimiter === "space" ? end : end + 1 };
  return { context: walkValue(context, value), length: text.length };
}

function walkValue(context: Context, value: string): Context {
  let at = context;
  let rest = value;
  while (rest !== "") {
    const step = transition(at, rest);
    if (step.length === 0 && step.context.state === at.state) break;
    at = step.context;
    rest = rest.slice(step.length);
  }
  return { ...at, seen: (context.seen + value).slice(-MAX_SEEN) };
}

/** Enough to recognise a media type. */
const MAX_SEEN = 100;

function afterValue(context: Context, value: string): Context {
  const { element, attribute, seen } = context;
  const isData = attribute === "script-type" && !isScriptType(seen + value);
  // A script of a type that no browser runs is data: escaping for script would only harm it, and so it is text like any other.
  return { ...START, state: "tag", element: isData ? "other" : element };
}

function isScriptType(type: string): boolean {
  const name = (type.split(";")[0] ?? "").trim().toLowerCase();
  return name === "" || name === "module" || name === "text/template" || /(?:java|ecma|j|live)script|json/.test(name);
}

function transition(context: Context, text: string): Step {
  const { state } = context;
  if (state.startsWith("script")) return advanceScript(context, text);
  if (state.startsWith("style")) return advanceStyle(context, text);
  switch (state) {
    case "text":
      return advanceText(text);
    case "comment": {
      const end = text.indexOf("-->");
      return end === -1 ? { context, length: text.length } : { context: START, length: end + 3 };
    }
    case "tag":
      return advanceTag(context, text);
    case "attribute-name":
      return advanceName(context, text);
    case "after-name":
      return advanceAfterName(context, text);
    case "before-value":
      return advanceBeforeValue(context, text);
    case "url":
      return { context: { ...context, urlPart: urlPartAfter(context, text) }, length: text.length };
    case "value":
      return { context: afterMetaText(context, text), length: text.length };
    default:
      return { context, length: text.length };
  }
}

function urlPartAfter({ urlPart }: Context, text: string): Context["urlPart"] {
  if (/[?#]/.test(text)) return "query";
  return urlPart === "start" && text.trim() !== "" ? "path" : urlPart;
}

/** `<meta http-equiv=refresh content="0; url=…">` leads somewhere. */
function afterMetaText(context: Context, text: string): Context {
  const leads = context.attribute === "meta-content" && /url\s*=\s*['"]?\s*$/i.test(context.seen + text);
  return leads ? { ...context, state: "url", urlPart: "start" } : context;
}

const TAG_NAME = /^<(\/?)([a-zA-Z][a-zA-Z0-9:-]*)/;

function advanceText(text: string): Step {
  for (let start = text.indexOf("<"); start !== -1; start = text.indexOf("<", start + 1)) {
    if (text.startsWith("<!--", start)) return { context: { ...START, state: "comment" }, length: start + 4 };
    const tag = TAG_NAME.exec(text.slice(start));
    if (tag !== null) {
      const element = tag[1] === "/" ? "other" : elementOf(tag[2] ?? "");
      return { context: { ...START, state: "tag", element }, length: start + tag[0].length };
    }
  }
  return { context: START, length: text.length };
}

const ELEMENTS: Readonly<Record<string, Element>> = {
  script: "script",
  style: "style",
  textarea: "textarea",
  title: "title",
  meta: "meta",
};

function elementOf(name: string): Element {
  const key = name.toLowerCase();
  return Object.hasOwn(ELEMENTS, key) ? (ELEMENTS[key] ?? "other") : "other";
}

function advanceTag(context: Context, text: string): Step {
  const start = text.search(/[^ \t\n\f\r]/);
  if (start === -1) return { context, length: text.length };
  if (text[start] === ">") return { context: contentOf(context.element), length: start + 1 };
  const name = NAME.exec(text.slice(start))?.[0] ?? "";
  // A lone `/`, `=` or quote is no name.
  if (name === "") return { context, length: start + 1 };
  return advanceName({ ...context, state: "attribute-name", seen: "" }, text.slice(start), start);
}

const NAME = /^[^ \t\n\f\r=/>"'<]*/;

function advanceName(context: Context, text: string, skipped = 0): Step {
  const part = NAME.exec(text)?.[0] ?? "";
  const seen = (context.seen + part).slice(0, MAX_SEEN);
  const named = { ...context, seen, attribute: kindOf(context, seen) };
  const state = part.length === text.length ? "attribute-name" : "after-name";
  return { context: { ...named, state }, length: skipped + part.length };
}

function kindOf({ element }: Context, name: string): Context["attribute"] {
  const key = name.toLowerCase();
  if (element === "script" && key === "type") return "script-type";
  if (element === "meta" && key === "content") return "meta-content";
  return attributeKind(name);
}

function advanceAfterName(context: Context, text: string): Step {
  const start = text.search(/[^ \t\n\f\r]/);
  if (start === -1) return { context, length: text.length };
  if (text[start] === "=") return { context: { ...context, state: "before-value" }, length: start + 1 };
  return { context: { ...START, state: "tag", element: context.element }, length: start };
}

function advanceBeforeValue(context: Context, text: string): Step {
  const start = text.search(/[^ \t\n\f\r]/);
  if (start === -1) return { context, length: text.length };
  if (text[start] === '"') return { context: valueOf(context, "double"), length: start + 1 };
  if (text[start] === "'") return { context: valueOf(context, "single"), length: start + 1 };
  return { context: valueOf(context, "space"), length: start };
}
