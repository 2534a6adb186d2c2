import { evaluate } from "./evaluate.ts";
import type { Output } from "./evaluate-pipe.ts";
import { FUNCTIONS, type Functions } from "./functions.ts";
import { HtmlOutput } from "./html-output.ts";
import { createTextWriter } from "./html-text.ts";
import type { Node } from "./nodes.ts";
import { isEmpty, parse } from "./parse.ts";
import { TextOutput } from "./text-output.ts";
import type { GoStruct, GoValue } from "./value.ts";

/** Templates that may call each other. */
export interface TemplateSet {
  has(name: string): boolean;
  /**
   * For HTML, each value escaped for where it stands. A value of a URL, script or style that could run something becomes `ZgotmplZ`.
   *
   * @throws {TemplateError} for a field that is not there, a template that is not defined, or an endless template.
   */
  render(name: string, data: GoStruct): string;
}

/**
 * @param functions what pages may call besides Go's own.
 * @param sources name → source. What a source defines may be called from the others; a later one replaces an earlier one of
 *   the same name unless it is blank.
 * @throws {TemplateError} naming the source and line.
 */
export function createTemplateSet(sources: ReadonlyMap<string, string>, functions: Functions = {}): TemplateSet {
  const all = { ...FUNCTIONS, ...functions };
  const templates = parseAll(sources, all);
  const write = createTextWriter();
  return {
    has: (name) => templates.has(name),
    render: (name, data) => {
      const output = new HtmlOutput(write);
      run({ templates, functions: all, name, output }, data);
      return output.written;
    },
  };
}

/**
 * A template for plain text, such as a log line. Nothing is escaped: that is up to whoever gives the values.
 *
 * @throws {TemplateError} when the source cannot be parsed.
 */
export function compileTextTemplate(name: string, source: string): (data: Readonly<Record<string, string>>) => string {
  const templates = parseAll(new Map([[name, source]]), FUNCTIONS);
  return (data) => {
    const output = new TextOutput();
    run({ templates, functions: FUNCTIONS, name, output }, data);
    return output.written;
  };
}

/** More than a page or line takes; an endless loop ends here. */
const MAX_STEPS = 100_000;

interface Rendering {
  readonly templates: ReadonlyMap<string, readonly Node[]>;
  readonly functions: Functions;
  readonly name: string;
  readonly output: Output;
}

function run(rendering: Rendering, data: GoValue): void {
  evaluate({ ...rendering, stepsLeft: MAX_STEPS, depth: 0 }, rendering.name, data);
}

function parseAll(sources: ReadonlyMap<string, string>, functions: Functions): ReadonlyMap<string, readonly Node[]> {
  const templates = new Map<string, readonly Node[]>();
  const names = new Set(Object.keys(functions));
  for (const [name, source] of sources) {
    for (const [defined, nodes] of parse(name, source, names)) {
      if (!isEmpty(nodes) || !templates.has(defined)) templates.set(defined, nodes);
    }
  }
  return templates;
}
