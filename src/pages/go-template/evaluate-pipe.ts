import type { AskedFor } from "./escaping-asked-for.ts";
import { FunctionError } from "./function-error.ts";
import type { Functions } from "./functions.ts";
import type { Command, Node, Operand, Pipe } from "./nodes.ts";
import { TemplateError } from "./template-error.ts";
import { type GoValue, isStruct, isTrue, typeOf } from "./value.ts";

/** Where a template writes to. */
export interface Output {
  /** Values are escaped for where they stand. */
  readonly escapes: boolean;
  text(text: string): void;
  value(value: GoValue, asked: AskedFor | undefined): void;
}

/** One rendering. */
export interface Run {
  /** Of the template that was asked for. */
  readonly name: string;
  readonly templates: ReadonlyMap<string, readonly Node[]>;
  readonly functions: Functions;
  readonly output: Output;
  stepsLeft: number;
  depth: number;
}

/** Where a rendering stands. */
export interface Frame {
  readonly template: string;
  readonly dot: GoValue;
  readonly scope: Scope;
}

/** The variables of a block, inside of those of the blocks around it. */
export class Scope {
  readonly #values = new Map<string, GoValue>();
  readonly #outer: Scope | undefined;

  constructor(outer: Scope | undefined) {
    this.#outer = outer;
  }

  declare(name: string, value: GoValue): void {
    this.#values.set(name, value);
  }

  assign(name: string, value: GoValue): void {
    if (this.#values.has(name)) this.#values.set(name, value);
    else this.#outer?.assign(name, value);
  }

  get(name: string): GoValue {
    return this.#values.has(name) ? this.#values.get(name) : this.#outer?.get(name);
  }
}

/** Take one of the steps that a rendering has. */
export function spend(run: Run, frame: Frame, line: number): void {
  run.stepsLeft -= 1;
  if (run.stepsLeft < 0) throw new TemplateError({ template: frame.template, line }, "too many steps");
}

/** The value of a pipeline; its variables take it. */
export function evaluatePipe(run: Run, frame: Frame, pipe: Pipe): GoValue {
  const call: Call = { run, frame, line: pipe.line };
  let value: GoValue;
  for (const [index, command] of pipe.commands.entries()) {
    value = evaluateCommand(call, command, index === 0 ? undefined : { value });
  }
  // A range hands its variables each item instead.
  for (const name of pipe.variables) {
    if (pipe.assigns) frame.scope.assign(name, value);
    else frame.scope.declare(name, value);
  }
  return value;
}

interface Call {
  readonly run: Run;
  readonly frame: Frame;
  readonly line: number;
}

/** What the command before handed over. */
type Handed = { readonly value: GoValue } | undefined;

function evaluateCommand(call: Call, { first, rest }: Command, handed: Handed): GoValue {
  if (first.kind === "function") return callFunction(call, first.name, rest, handed);
  if (first.kind === "nil") throw failure(call, "nil is not a command");
  if (rest.length > 0 || handed !== undefined) throw failure(call, "can't give an argument to what is no function");
  return evaluateOperand(call, first);
}

function callFunction(call: Call, name: string, operands: readonly Operand[], handed: Handed): GoValue {
  if (name === "and" || name === "or") return evaluateLogic(call, name, operands, handed);
  const args = operands.map((operand) => evaluateOperand(call, operand));
  if (handed !== undefined) args.push(handed.value);
  try {
    const callee = call.run.functions[name];
    if (callee === undefined) throw new FunctionError("is not defined");
    return callee(args);
  } catch (error) {
    if (error instanceof FunctionError) throw failure(call, `error calling ${name}: ${error.message}`);
    throw error;
  }
}

/** `and` and `or` stop at the argument that decides. */
function evaluateLogic(call: Call, name: "and" | "or", operands: readonly Operand[], handed: Handed): GoValue {
  if (operands.length === 0 && handed === undefined)
    throw failure(call, `wrong number of args for ${name}: want at least 1 got 0`);
  let value: GoValue;
  for (const operand of operands) {
    value = evaluateOperand(call, operand);
    if (isTrue(value) === (name === "or")) return value;
  }
  return handed === undefined ? value : handed.value;
}

function evaluateOperand(call: Call, operand: Operand): GoValue {
  switch (operand.kind) {
    case "dot":
      return call.frame.dot;
    case "nil":
      return undefined;
    case "constant":
      return operand.value;
    case "variable":
      return call.frame.scope.get(operand.name);
    case "function":
      return callFunction(call, operand.name, [], undefined);
    case "pipe":
      return evaluatePipe(call.run, call.frame, operand.pipe);
    default: {
      const of = evaluateOperand(call, operand.of);
      return operand.names.reduce((value, name) => fieldOf(call, value, name), of);
    }
  }
}

function fieldOf(call: Call, value: GoValue, name: string): GoValue {
  if (isStruct(value) && Object.hasOwn(value, name)) return value[name];
  throw failure(call, `can't evaluate field ${name} in type ${typeOf(value)}`);
}

function failure({ frame, line }: Call, message: string): TemplateError {
  return new TemplateError({ template: frame.template, line }, message);
}
