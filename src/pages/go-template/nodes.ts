import type { GoValue } from "./value.ts";

/** A parsed template. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly line: number; readonly pipe: Pipe }
  | ({ readonly kind: "if" | "with" } & Branch)
  | ({ readonly kind: "range" } & Branch)
  | { readonly kind: "template"; readonly line: number; readonly name: string; readonly pipe: Pipe | undefined }
  | { readonly kind: "break" | "continue" };

export interface Branch {
  readonly line: number;
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

/** Commands, each handing its value to the next as its last argument. */
export interface Pipe {
  readonly line: number;
  /** Variables that take its value; two in a `range`. */
  readonly variables: readonly string[];
  /** They exist already. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export interface Command {
  readonly first: Operand;
  readonly rest: readonly Operand[];
}

export type Operand =
  | { readonly kind: "dot" }
  | { readonly kind: "nil" }
  | { readonly kind: "constant"; readonly value: GoValue }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "pipe"; readonly pipe: Pipe }
  | { readonly kind: "fields"; readonly of: Operand; readonly names: readonly string[] };
