import { evaluatePipe, type Frame, type Run, Scope, spend } from "./evaluate-pipe.ts";
import { escapingAskedFor } from "./escaping-asked-for.ts";
import type { Branch, Node } from "./nodes.ts";
import { TemplateError } from "./template-error.ts";
import { type GoValue, isList, isTrue, typeOf } from "./value.ts";

/** Templates that call each other without end must not take the process with them. */
const MAX_DEPTH = 100;

/**
 * Write a template to the run's output.
 *
 * @throws {TemplateError} for what only shows when it runs: a field that is not there, too much of everything.
 */
export function evaluate(run: Run, name: string, data: GoValue, callerLine = 1): void {
  const nodes = run.templates.get(name);
  const place = { template: run.name, line: callerLine };
  if (nodes === undefined) throw new TemplateError(place, `template ${JSON.stringify(name)} not defined`);
  run.depth += 1;
  if (run.depth > MAX_DEPTH) throw new TemplateError(place, "exceeded maximum template depth");
  const scope = new Scope(undefined);
  scope.declare("$", data);
  walkList(run, { template: name, dot: data, scope }, nodes);
  run.depth -= 1;
}

/** How a list of nodes ended, when not by its end. */
type Jump = "break" | "continue" | undefined;

function walkList(run: Run, frame: Frame, nodes: readonly Node[]): Jump {
  for (const node of nodes) {
    const jump = walk(run, frame, node);
    if (jump !== undefined) return jump;
  }
  return undefined;
}

function walk(run: Run, frame: Frame, node: Node): Jump {
  switch (node.kind) {
    case "text":
      run.output.text(node.text);
      return undefined;
    case "action":
      walkAction(run, frame, node);
      return undefined;
    case "if":
    case "with":
      return walkIf(run, frame, node);
    case "range":
      walkRange(run, frame, node);
      return undefined;
    case "template":
      spend(run, frame, node.line);
      evaluate(run, node.name, node.pipe === undefined ? undefined : evaluatePipe(run, frame, node.pipe), node.line);
      return undefined;
    default:
      return node.kind;
  }
}

function walkAction(run: Run, frame: Frame, { line, pipe }: Extract<Node, { kind: "action" }>): void {
  spend(run, frame, line);
  const escaping = run.output.escapes ? escapingAskedFor(pipe) : undefined;
  const value = evaluatePipe(run, frame, escaping?.argument ?? pipe);
  if (pipe.variables.length === 0) run.output.value(value, escaping?.asked);
}

function walkIf(run: Run, frame: Frame, node: { readonly kind: "if" | "with" } & Branch): Jump {
  spend(run, frame, node.line);
  const inner = { ...frame, scope: new Scope(frame.scope) };
  const value = evaluatePipe(run, inner, node.pipe);
  if (!isTrue(value)) return walkList(run, inner, node.otherwise);
  return walkList(run, node.kind === "with" ? { ...inner, dot: value } : inner, node.body);
}

function walkRange(run: Run, frame: Frame, node: Branch): void {
  const outer = { ...frame, scope: new Scope(frame.scope) };
  const value = evaluatePipe(run, outer, node.pipe);
  const { variables, assigns } = node.pipe;
  let isEmpty = true;
  for (const [key, item] of items(frame, node, value)) {
    isEmpty = false;
    spend(run, frame, node.line);
    const scope = new Scope(outer.scope);
    const values = variables.length === 2 ? [key, item] : [item];
    variables.forEach((name, index) => {
      if (assigns) outer.scope.assign(name, values[index]);
      else scope.declare(name, values[index]);
    });
    if (walkList(run, { ...outer, dot: item, scope }, node.body) === "break") break;
  }
  if (isEmpty) walkList(run, outer, node.otherwise);
}

function* items(frame: Frame, node: Branch, value: GoValue): Generator<readonly [GoValue, GoValue]> {
  if (value === undefined) return;
  if (isList(value)) {
    for (const [index, item] of value.entries()) yield [BigInt(index), item];
    return;
  }
  if (typeof value === "bigint" && node.pipe.variables.length < 2) {
    for (let index = 0n; index < value; index += 1n) yield [index, index];
    return;
  }
  throw new TemplateError({ template: frame.template, line: node.line }, `range can't iterate over ${typeOf(value)}`);
}
