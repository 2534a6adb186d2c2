import { parseGoBool } from "../../../protocol/go-bool.ts";
import type { Claims } from "../identity-claims.ts";
import { isRecord } from "../upstream-request.ts";

/**
 * Claims of a JSON text. Numbers that JavaScript cannot hold exactly, such as long ids, stay as they were written.
 *
 * @returns undefined when it is not a JSON object.
 */
export function parseClaims(text: string): Claims | undefined {
  try {
    // the third argument is in the language, but not yet in the library's types
    const parse = JSON.parse as (
      text: string,
      reviver: (key: string, value: unknown, context: Source) => unknown,
    ) => unknown;
    const parsed = parse(text, (_key, value, { source }) => (typeof value === "number" ? exact(value, source) : value));
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

interface Source {
  readonly source?: string;
}

function exact(value: number, source: string | undefined): unknown {
  return source === undefined || String(value) === source ? value : source;
}

/** The claims of a JWT whose signature somebody else has verified, or undefined when it is not one. */
export function decodeClaims(token: string | undefined): Claims | undefined {
  const payload = token?.split(".")[1];
  return payload === undefined ? undefined : parseClaims(Buffer.from(payload, "base64url").toString("utf8"));
}

/** A claim as text: what is not a text becomes JSON. Absent = empty. */
export function coerceText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : stableJson(value);
}

/** A claim as list of texts; a single value is a list of one. Absent = empty. */
export function coerceTexts(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.map(coerceText);
}

/** A claim as yes or no: whatever does not say yes says no. */
export function coerceTruth(value: unknown): boolean {
  if (typeof value === "number") return Number.isInteger(value) && value !== 0;
  return value === true || (typeof value === "string" && parseGoBool(value) === true);
}

/** A claim as oauth2-proxy's sessions keep it: their numbers are texts. */
export function withNumbersAsText(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map(withNumbersAsText);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withNumbersAsText(inner)]));
}

/** JSON as the original writes it: members sorted, and nothing in it that would end a script element. */
function stableJson(value: unknown): string {
  const text = JSON.stringify(sorted(value));
  return text.replaceAll(/[<>&\u2028\u2029]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const names = Object.keys(value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]));
}
