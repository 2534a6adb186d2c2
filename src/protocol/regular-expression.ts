import { RE2JS } from "re2js";

/**
 * A regular expression in RE2's syntax, as Go programs take them: the same words match as there, and no input makes it slow.
 */
export interface RegularExpression {
  /** Does it match anywhere in the text? */
  matches(text: string): boolean;
  /** Replace every match; `$1`, `${1}` and `${name}` in the replacement stand for groups, as in Go's `ReplaceAllString`. */
  replaceAll(text: string, replacement: string): string;
}

/** The compiled expression, or what is wrong with it in Go's words. */
export type CompiledExpression = { readonly expression: RegularExpression } | { readonly error: string };

export function compileExpression(pattern: string): CompiledExpression {
  try {
    const compiled = RE2JS.compile(pattern);
    return {
      expression: {
        matches: (text) => compiled.test(text),
        replaceAll: (text, replacement) => replaceAll(compiled, text, replacement),
      },
    };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function replaceAll(compiled: RE2JS, text: string, replacement: string): string {
  const matcher = compiled.matcher(text);
  const names = compiled.namedGroups();
  let result = "";
  let end = 0;
  while (matcher.find()) {
    result += text.slice(end, matcher.start());
    result += replacement.replace(GROUP, (_all, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare;
      if (name === undefined) return "$";
      const index = /^\d+$/.test(name) ? Number(name) : names[name];
      return index === undefined || index > matcher.groupCount() ? "" : (matcher.group(index) ?? "");
    });
    end = matcher.end();
  }
  return result + text.slice(end);
}

/** `$$`, `${name}` or the longest `$name`; anything else stays. */
const GROUP = /\$(?:\$|\{(\w+)\}|(\w+))/g;
