import type { Context, State } from "./html-context.ts";
import type { Step } from "./html-transition.ts";

/** Follow a style's text one step: into and out of strings, addresses and comments. */
export function advanceStyle(context: Context, text: string): Step {
  const { state } = context;
  if (state === "style") return advanceRules(context, text);
  if (state === "style-block-comment") {
    const end = text.indexOf("*/");
    return end === -1 ? { context, length: text.length } : { context: { ...context, state: "style" }, length: end + 2 };
  }
  if (state === "style-line-comment") {
    const end = text.search(/[\n\f\r]/);
    return end === -1 ? { context, length: text.length } : { context: { ...context, state: "style" }, length: end };
  }
  return advanceString(context, text);
}

const OPENING = /url\([ \t\n\f\r]*(["']?)|["']|\/\*|\/\//i;

function advanceRules(context: Context, text: string): Step {
  const found = OPENING.exec(text);
  if (found === null) return { context, length: text.length };
  const state = opened(found[0], found[1]);
  return { context: { ...context, state, urlPart: "start" }, length: found.index + found[0].length };
}

function opened(mark: string, urlQuote: string | undefined): State {
  if (mark === "/*") return "style-block-comment";
  if (mark === "//") return "style-line-comment";
  if (urlQuote === undefined) return mark === '"' ? "style-double" : "style-single";
  if (urlQuote === '"') return "style-double-url";
  return urlQuote === "'" ? "style-single-url" : "style-url";
}

const CLOSING: Readonly<Partial<Record<State, RegExp>>> = {
  "style-double": /(?<!\\)(?:\\\\)*"/,
  "style-double-url": /(?<!\\)(?:\\\\)*"/,
  "style-single": /(?<!\\)(?:\\\\)*'/,
  "style-single-url": /(?<!\\)(?:\\\\)*'/,
  "style-url": /(?<!\\)(?:\\\\)*[ \t\n\f\r)]/,
};

function advanceString(context: Context, text: string): Step {
  const found = CLOSING[context.state]?.exec(text);
  const isClosed = found !== null && found !== undefined;
  const length = isClosed ? found.index + found[0].length : text.length;
  if (isClosed) return { context: { ...context, state: "style", urlPart: "start" }, length };
  const part = /[?#]/.test(text) ? "query" : text.trim() === "" ? context.urlPart : "path";
  return { context: { ...context, urlPart: context.urlPart === "query" ? "query" : part }, length };
}
