import { type Context, isComment } from "./html-context.ts";
import { advance } from "./html-transition.ts";

/** The template's own text as it goes out, and where it led to. Comments are left out: they tell strangers about the operator. */
export type TextWriter = (start: Context, text: string) => WrittenText;

export interface WrittenText {
  readonly context: Context;
  readonly output: string;
}

/** Remembers what it wrote: the same few texts stand in the same few places at every rendering. */
export function createTextWriter(): TextWriter {
  const known = new Map<string, WrittenText>();
  return (start, text) => {
    const key = JSON.stringify(start) + text;
    const before = known.get(key);
    if (before !== undefined) return before;
    const result = writeText(start, text);
    if (known.size < MAX_KNOWN) known.set(key, result);
    return result;
  };
}

/** More than the texts of any template. */
const MAX_KNOWN = 2000;

function writeText(start: Context, text: string): WrittenText {
  let context = start;
  let output = "";
  let position = 0;
  while (position < text.length) {
    const rest = text.slice(position);
    const step = advance(context, rest);
    // A step of no length changes the state, so the next one goes on.
    const part = rest.slice(0, step.length);
    output += written(context, step.context, part);
    if (step.length === 0 && step.context.state === context.state) break;
    context = step.context;
    position += step.length;
  }
  return { context, output };
}

function written(before: Context, after: Context, part: string): string {
  if (before.delimiter !== "none") return part;
  if (isComment(before.state)) return inPlaceOfComment(before, part);
  const opening =
    after.delimiter === "none" && isComment(after.state) ? COMMENT_OPENING.exec(part)?.[0].length : undefined;
  const kept = opening === undefined ? part : part.slice(0, -opening);
  if (SCRIPT_LITERAL.test(before.state)) return kept.replace(/<(?=\/?script|!--)/gi, "\\x3C");
  return before.state === "text" || before.state === "plain-content"
    ? escapeLone(kept, before.state !== after.state && opening === undefined)
    : kept;
}

/** Where the end of the script, or what changes where it ends, would be looked for although it stands in a literal. */
const SCRIPT_LITERAL = /^script-(?:double|single|template|expression)$/;

const COMMENT_OPENING = /(?:<!--|-->|#!|\/\*|\/\/)$/;

/** A comment between two words of a script or style parts them. */
function inPlaceOfComment(before: Context, part: string): string {
  if (!before.state.endsWith("block-comment")) return "";
  return before.state === "script-block-comment" && /[\n\r\u2028\u2029]/.test(part) ? "\n" : " ";
}

/** A `<` that begins no tag; the last one does where a tag follows. */
function escapeLone(text: string, endsInTag: boolean): string {
  const tag = endsInTag ? text.lastIndexOf("<") : text.length;
  return text.slice(0, tag).replace(/<(?!!doctype)/gi, "&lt;") + text.slice(tag);
}
