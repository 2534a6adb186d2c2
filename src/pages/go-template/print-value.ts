import { type GoValue, isList, textOf } from "./value.ts";

/** As Go's `%v` prints it. */
export function printValue(value: GoValue): string {
  const text = textOf(value);
  if (text !== undefined) return text;
  if (value === undefined) return "<nil>";
  if (typeof value === "number") return printFloat(value);
  if (isList(value)) return `[${value.map(printValue).join(" ")}]`;
  if (typeof value === "object") return `{${Object.values(value).map(printValue).join(" ")}}`;
  return String(value);
}

/**
 * With so many digits, or as few as mean this number; with an exponent below 1e-4, and from where the digits end: without
 * a precision from a million on.
 */
export function printFloat(value: number, precision?: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const digits = precision === undefined ? undefined : Math.min(Math.max(precision, 1), 100) - 1;
  const scientific = value.toExponential(digits).replace(/\.?0+(?=e)/, (zeros) => (zeros.startsWith(".") ? "" : zeros));
  const exponent = Number(scientific.slice(scientific.indexOf("e") + 1));
  const isLarge = exponent >= Math.max(digits === undefined ? 6 : digits + 1, 1);
  return exponent < -4 || isLarge ? twoDigitExponent(scientific) : String(Number(scientific));
}

/** Go writes `1e-07` where JavaScript writes `1e-7`. */
export function twoDigitExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}
