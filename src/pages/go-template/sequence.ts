import { FunctionError } from "./function-error.ts";
import { bytesOf, type GoValue, isList, textOf, typeOf } from "./value.ts";

/** Bytes of a text, items of a list. */
export function lengthOf(value: GoValue): bigint {
  const text = textOf(value);
  if (text !== undefined) return BigInt(bytesOf(text).length);
  if (isList(value)) return BigInt(value.length);
  throw new FunctionError(`len of type ${typeOf(value)}`);
}

/** An item of a list, a byte of a text. */
export function indexOf(value: GoValue, key: GoValue): GoValue {
  const text = textOf(value);
  const sequence = text === undefined ? value : bytesOf(text);
  if (!(sequence instanceof Uint8Array) && !isList(sequence)) {
    throw new FunctionError(`can't index item of type ${typeOf(value)}`);
  }
  const index = position(key, sequence.length - 1);
  const item = sequence[index];
  return typeof item === "number" && text !== undefined ? BigInt(item) : item;
}

/** A part of a text or list: from, to. */
export function sliceOf(value: GoValue, bounds: readonly GoValue[]): GoValue {
  const length = Number(lengthOf(value));
  const start = bounds.length > 0 ? position(bounds[0], length) : 0;
  const end = bounds.length > 1 ? position(bounds[1], length) : length;
  if (start > end) throw new FunctionError(`invalid slice index: ${start} > ${end}`);
  if (isList(value)) return value.slice(start, end);
  if (bounds.length > 2) throw new FunctionError("cannot 3-index slice a string");
  return new TextDecoder().decode(bytesOf(textOf(value) ?? "").subarray(start, end));
}

function position(value: GoValue, max: number): number {
  if (typeof value !== "bigint") throw new FunctionError(`cannot index with type ${typeOf(value)}`);
  if (value < 0n || value > BigInt(max)) throw new FunctionError(`index out of range: ${value}`);
  return Number(value);
}
