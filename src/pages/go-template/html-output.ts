import { isHarmlessName } from "./attribute-table.ts";
import { escapeHtml, escapeHtmlFunction, escapeUnquoted, normalizeHtml, stripTags, UNSAFE } from "./escape-html.ts";
import { escapeScriptExpression, escapeScriptString, escapeScriptTemplate, scriptValue } from "./escape-script.ts";
import { escapeStyleString, filterStyleValue } from "./escape-style.ts";
import { escapeQuery, escapeUrlPart, isSafeUrl, normalizeUrl } from "./escape-url.ts";
import type { AskedFor } from "./escaping-asked-for.ts";
import type { Output } from "./evaluate-pipe.ts";
import { type Context, isComment, settle, START, type State } from "./html-context.ts";
import type { TextWriter } from "./html-text.ts";
import { OutputLimitError } from "./output-limit.ts";
import { printValue } from "./print-value.ts";
import { type GoValue, SafeHtml } from "./value.ts";

/** A page: the templates' text as it is, each value escaped for where it stands. Comments of the templates are left out. */
export class HtmlOutput implements Output {
  readonly escapes = true;
  #written = "";
  #context: Context = START;
  readonly #write: TextWriter;

  constructor(write: TextWriter) {
    this.#write = write;
  }

  get written(): string {
    return this.#written;
  }

  text(text: string): void {
    const { context, output } = this.#write(this.#context, text);
    this.#context = context;
    this.#append(output);
  }

  value(value: GoValue, asked: AskedFor | undefined): void {
    const context = settle(this.#context);
    this.#append(escapeValue(context, value, asked));
    this.#context = afterValue(context);
  }

  #append(text: string): void {
    this.#written += text;
    OutputLimitError.check(this.#written.length);
  }
}

/** After a value in a script, a `/` divides. After a name from a value, nothing is known of its attribute but that it is harmless. */
function afterValue(context: Context): Context {
  return context.state === "script" ? { ...context, slash: "division" } : context;
}

function escapeValue(context: Context, value: GoValue, asked: AskedFor | undefined): string {
  if (isComment(context.state)) return "";
  if (context.state === "text" && value instanceof SafeHtml && asked === undefined) return value.markup;
  const text = value === undefined ? "" : printValue(value);
  if (asked !== undefined && !hasLike(context, asked)) return escapeValue(context, ASKED[asked](text), undefined);
  if (context.state === "attribute-name") return attributeName(text);
  if (TEXT_STATES.has(context.state)) return escapeWords(context, value, text, asked);
  const inner = asked === "urlquery" ? escapeQuery(text) : escapeForLanguage(context, value, text);
  return escapeForHtml(context, inner, asked === "html" ? escapeHtmlFunction : escapeHtml);
}

const ASKED: Readonly<Record<AskedFor, (text: string) => string>> = { html: escapeHtmlFunction, urlquery: escapeQuery };

/** Is there an escaping here that does the same? If not, what was asked for comes first, and ours after it. */
function hasLike({ state, delimiter }: Context, asked: AskedFor): boolean {
  return asked === "urlquery" ? URL_STATES.has(state) : delimiter !== "none" || TEXT_STATES.has(state);
}

const TEXT_STATES: ReadonlySet<State> = new Set<State>(["text", "plain-content", "value"]);

const URL_STATES: ReadonlySet<State> = new Set<State>(["url", "style-url", "style-double-url", "style-single-url"]);

/** Text that is no language of its own. */
function escapeWords(context: Context, value: GoValue, text: string, asked: AskedFor | undefined): string {
  const isMarkup = value instanceof SafeHtml && asked === undefined;
  const words = isMarkup && context.state === "value" ? stripTags(text) : text;
  if (context.delimiter === "space") return escapeUnquoted(words);
  if (asked === "html") return escapeHtmlFunction(text);
  return isMarkup ? normalizeHtml(words) : escapeHtml(text);
}

function attributeName(text: string): string {
  const name = text.toLowerCase();
  return isHarmlessName(name) ? name : UNSAFE;
}

/** The language inside: an address, a script, a style, markup in an attribute. */
function escapeForLanguage(context: Context, value: GoValue, text: string): string {
  switch (context.state) {
    case "url":
    case "style-url":
    case "style-double-url":
    case "style-single-url":
      return escapeUrl(context, text, normalizeUrl);
    case "style-double":
    case "style-single":
      return escapeUrl(context, text, escapeStyleString);
    case "url-list":
      return text.split(",").map(filterListed).join(",");
    case "nested-markup":
      return escapeHtml(text);
    case "script":
      return scriptValue(value);
    default:
      return (LITERALS[context.state] ?? filterStyleValue)(text);
  }
}

const LITERALS: Readonly<Partial<Record<State, (text: string) => string>>> = {
  "script-double": escapeScriptString,
  "script-single": escapeScriptString,
  "script-template": escapeScriptTemplate,
  "script-expression": escapeScriptExpression,
};

function escapeUrl({ urlPart, seen }: Context, text: string, escape: (text: string) => string): string {
  // The template itself begins an address that runs: no escaping makes a value harmless in it.
  if (/^(?:javascript|vbscript|data):/i.test(seen.replace(/[\0- ]/g, ""))) return UNSAFE;
  if (urlPart === "query") return escapeUrlPart(text);
  return escape(urlPart === "path" || isSafeUrl(text) ? text : `#${UNSAFE}`);
}

/** One image of a `srcset`: its address and how large it is. */
function filterListed(image: string): string {
  const [, before = "", url = "", size = ""] = /^(\s*)(\S*)([^]*)$/.exec(image) ?? [];
  return isSafeUrl(url) && /^[\sA-Za-z0-9.]*$/.test(size) ? before + normalizeUrl(url) + size : `#${UNSAFE}`;
}

function escapeForHtml({ delimiter }: Context, text: string, quoted: (text: string) => string): string {
  if (delimiter === "none") return text;
  return delimiter === "space" ? escapeUnquoted(text) : quoted(text);
}
