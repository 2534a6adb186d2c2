import { isRecord } from "../oidc/upstream-request.ts";
import { denied } from "./api-request.ts";

/** What is at a path of members and indexes, or undefined. Nothing inherited, such as `constructor`, is found. */
export function fieldAt(document: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof step === "number") return Array.isArray(value) ? value[step] : undefined;
    return isRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }, document);
}

/** A text, or undefined. What has control characters in it is none: it would end up in headers and logs. */
export function textAt(document: unknown, ...path: readonly (string | number)[]): string | undefined {
  const value = fieldAt(document, path);
  return typeof value === "string" && !/[\0-\x1f\x7f]/.test(value) ? value : undefined;
}

/**
 * A text that must be there; it may be empty.
 * @param what the document, in words for an operator.
 * @throws {ConnectorError} `denied`.
 */
export function requireText(document: unknown, what: string, ...path: readonly (string | number)[]): string {
  const text = textAt(document, ...path);
  if (text === undefined) throw denied(`${what} has no ${path.join(".")}`);
  return text;
}

/** A list of texts without its empty ones. Anything else, a list with other things in it too, is no list. */
export function textsAt(document: unknown, ...path: readonly string[]): readonly string[] {
  const value = fieldAt(document, path);
  if (!Array.isArray(value)) return [];
  const texts = value.map((item: unknown) => (item === null ? "" : textAt(item)));
  return texts.includes(undefined) ? [] : texts.filter((text) => text !== undefined && text !== "").map(String);
}

/** The objects of a list. */
export function recordsAt(document: unknown, ...path: readonly string[]): readonly Readonly<Record<string, unknown>>[] {
  const value = fieldAt(document, path);
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
