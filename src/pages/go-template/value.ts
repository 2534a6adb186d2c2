/**
 * What templates work on. Go's integers are `bigint`, its floats `number`, `nil` is undefined; a record is a struct: a field
 * that it does not have is an error.
 */
export type GoValue = string | bigint | number | boolean | undefined | SafeHtml | readonly GoValue[] | GoStruct;

export interface GoStruct {
  readonly [field: string]: GoValue;
}

/** Markup from whoever runs the service (Go's `template.HTML`): it is not escaped between tags. */
export class SafeHtml {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

export function isList(value: GoValue): value is readonly GoValue[] {
  return Array.isArray(value);
}

export function isStruct(value: GoValue): value is GoStruct {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof SafeHtml);
}

/** Text, or undefined when it is none. */
export function textOf(value: GoValue): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof SafeHtml ? value.markup : undefined;
}

/** What `if` asks: empty, zero and `nil` are not true. */
export function isTrue(value: GoValue): boolean {
  if (value instanceof SafeHtml) return value.markup !== "";
  if (isList(value)) return value.length > 0;
  return typeof value === "object" || Boolean(value);
}

/** The name of its type in Go, for errors and `%T`. */
export function typeOf(value: GoValue): string {
  if (value instanceof SafeHtml) return "template.HTML";
  if (isList(value)) return "[]interface {}";
  switch (typeof value) {
    case "bigint":
      return "int";
    case "number":
      return "float64";
    case "boolean":
      return "bool";
    case "undefined":
      return "<nil>";
    case "string":
      return "string";
    default:
      return "struct";
  }
}

/** The bytes of a text: lengths and positions count bytes in Go. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
