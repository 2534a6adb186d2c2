import type { Token } from "./lex.ts";
import { type Place, TemplateError } from "./template-error.ts";

/** An integer (`2`, `0x1f`), or a float where there is a point or an exponent. */
export function numberConstant(place: Pick<Place, "template">, token: Token): bigint | number {
  const negative = token.text.startsWith("-");
  const digits = token.text.replace(/^[+-]/, "").replaceAll("_", "");
  if (/^(?:0[xXbBoO][0-9a-fA-F]+|\d+)$/.test(digits)) {
    // A leading zero alone means octal in Go.
    const value = parseInteger(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
    if (value === undefined)
      throw new TemplateError({ ...place, line: token.line }, `bad number syntax: ${token.text}`);
    return negative ? -value : value;
  }
  const value = Number(digits);
  return negative ? -value : value;
}

function parseInteger(digits: string): bigint | undefined {
  try {
    return BigInt(digits);
  } catch {
    return undefined;
  }
}
