import { FunctionError } from "./function-error.ts";
import { type GoValue, textOf, typeOf } from "./value.ts";

/** Go's `eq`: values of different kinds are not unequal, they cannot be compared. `nil` equals `nil` only. */
export function compareEqual(first: GoValue, second: GoValue): boolean {
  if (first === undefined || second === undefined) return first === second;
  const [left, right] = comparable(first, second);
  return left === right;
}

/** Negative, zero or positive. Texts are ordered by their characters. */
export function compareOrder(first: GoValue, second: GoValue): number {
  if (first === undefined || second === undefined) throw new FunctionError("invalid type for comparison");
  const [left, right] = comparable(first, second);
  if (typeof left === "boolean") throw new FunctionError("invalid type for comparison");
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

type Basic = string | bigint | number | boolean;

function comparable(first: GoValue, second: GoValue): readonly [Basic, Basic] {
  const [left, right] = [basic(first), basic(second)];
  if (typeof left !== typeof right) throw new FunctionError("incompatible types for comparison");
  return [left, right];
}

function basic(value: GoValue): Basic {
  const text = textOf(value);
  if (text !== undefined) return text;
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "boolean") return value;
  throw new FunctionError(`cannot compare ${typeOf(value)}`);
}
