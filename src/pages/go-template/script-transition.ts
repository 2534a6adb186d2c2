import type { Context, State } from "./html-context.ts";
import type { Step } from "./html-transition.ts";

/** Follow a script's text one step: into and out of strings, template literals, regular expressions and comments. */
export function advanceScript(context: Context, text: string): Step {
  switch (context.state) {
    case "script":
      return advanceCode(context, text);
    case "script-double":
      return advanceQuoted(context, text, '"');
    case "script-single":
      return advanceQuoted(context, text, "'");
    case "script-expression":
      return advanceExpression(context, text);
    case "script-template":
      return advanceTemplate(context, text);
    case "script-block-comment": {
      const end = text.indexOf("*/");
      return end === -1
        ? { context, length: text.length }
        : { context: { ...context, state: "script" }, length: end + 2 };
    }
    default: {
      const end = text.search(/[\n\r\u2028\u2029]/);
      // The end of the line stays: it ends a statement too.
      return end === -1 ? { context, length: text.length } : { context: { ...context, state: "script" }, length: end };
    }
  }
}

const OPENING: Readonly<Record<string, State>> = {
  '"': "script-double",
  "'": "script-single",
  "`": "script-template",
};

function advanceCode(context: Context, text: string): Step {
  const at = text.search(/["'`/{}]|<!--|-->|#!/);
  if (at === -1) return { context: { ...context, slash: slashAfter(text, context.slash) }, length: text.length };
  const mark = text[at] ?? "";
  const slash = slashAfter(text.slice(0, at), context.slash);
  if (mark === "/") return advanceSlash({ ...context, slash }, text, at);
  if (mark === "<" || mark === "-" || mark === "#") {
    return {
      context: { ...context, state: "script-line-comment", slash },
      length: at + (mark === "<" ? 4 : mark === "-" ? 3 : 2),
    };
  }
  if (mark === "{" || mark === "}") return advanceBrace(context, mark, at);
  return { context: { ...context, state: OPENING[mark] ?? "script", slash: "expression" }, length: at + 1 };
}

/** Braces count only inside of a template literal, to find the end of its `${`. */
function advanceBrace(context: Context, mark: string, at: number): Step {
  const open = context.braces.at(-1);
  const outer = context.braces.slice(0, -1);
  const inCode = { ...context, slash: "expression" as const };
  if (open === undefined) return { context: inCode, length: at + 1 };
  if (mark === "{") return { context: { ...inCode, braces: [...outer, open + 1] }, length: at + 1 };
  if (open > 0) return { context: { ...inCode, braces: [...outer, open - 1] }, length: at + 1 };
  return { context: { ...context, state: "script-template", braces: outer }, length: at + 1 };
}

function advanceSlash(context: Context, text: string, at: number): Step {
  const following = text[at + 1];
  if (following === "/") return { context: { ...context, state: "script-line-comment" }, length: at + 2 };
  if (following === "*") return { context: { ...context, state: "script-block-comment" }, length: at + 2 };
  if (context.slash === "expression") return { context: { ...context, state: "script-expression" }, length: at + 1 };
  return { context: { ...context, slash: "expression" }, length: at + 1 };
}

function advanceQuoted(context: Context, text: string, quote: string): Step {
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === "\\") index += 1;
    else if (text[index] === quote) return leave(context, index + 1);
  }
  return { context, length: text.length };
}

function advanceExpression(context: Context, text: string): Step {
  let inClass = false;
  for (let index = 0; index < text.length; index += 1) {
    const mark = text[index];
    if (mark === "\\") index += 1;
    else if (mark === "[") inClass = true;
    else if (mark === "]") inClass = false;
    else if (mark === "/" && !inClass) return leave(context, index + 1);
  }
  return { context, length: text.length };
}

function advanceTemplate(context: Context, text: string): Step {
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === "\\") index += 1;
    else if (text[index] === "`") return leave(context, index + 1);
    else if (text.startsWith("${", index)) {
      const braces = [...context.braces, 0];
      return { context: { ...context, state: "script", slash: "expression", braces }, length: index + 2 };
    }
  }
  return { context, length: text.length };
}

/** Back to code; a `/` after a value divides. */
function leave(context: Context, length: number): Step {
  return { context: { ...context, state: "script", slash: "division" }, length };
}

const KEYWORDS_BEFORE_EXPRESSION =
  /(?:^|[^\w$.])(?:break|case|continue|delete|do|else|finally|in|instanceof|return|throw|try|typeof|void)$/;

/** What a `/` after this code begins. */
function slashAfter(code: string, before: Context["slash"]): Context["slash"] {
  const text = code.replace(/[\s\u2028\u2029]+$/, "");
  if (text === "") return before;
  // `x++ /` divides, `x + + /` does not.
  const signs = /([+-])\1*$/.exec(text)?.[0].length;
  if (signs !== undefined) return signs % 2 === 1 ? "expression" : "division";
  if (/(?:^|[^0-9])\.$/.test(text)) return "expression";
  if (/[,<>=*%&|^?!~([:;{}]$/.test(text)) return "expression";
  return KEYWORDS_BEFORE_EXPRESSION.test(text) ? "expression" : "division";
}
