import * as v from "valibot";

import { nearestName } from "../nearest-name.ts";

const SEPARATOR = "\t";

/** What is wrong and what to do, as one message. */
export function say(message: string, remedy: string): string {
  return `${message}${SEPARATOR}${remedy}`;
}

/** The two sentences of a message made by {@link say}. */
export function unsay(text: string): { readonly message: string; readonly remedy: string } {
  const [message = "", remedy = ""] = text.split(SEPARATOR);
  return { message, remedy };
}

/**
 * An object of the file: unknown keys are refused with the nearest known one, missing ones by name.
 *
 * @param what how the object is called in messages, such as `an app`.
 */
export function section<const T extends v.ObjectEntries>(what: string, entries: T): v.StrictObjectSchema<T, string> {
  const known = Object.keys(entries);
  // Valibot takes a function wherever it takes a message; the type of the schema only says that there is one.
  const message = ((issue: v.BaseIssue<unknown>) => describe(what, known, issue)) as unknown as string;
  return v.strictObject(entries, message);
}

function describe(what: string, known: readonly string[], issue: v.BaseIssue<unknown>): string {
  const last = issue.path?.at(-1)?.key;
  const key = typeof last === "string" || typeof last === "number" ? `${last}` : "";
  if (issue.expected === "never") {
    const near = nearestName(key, known);
    return say(
      `unknown key "${key}".`,
      near === undefined ? `${what} has ${known.join(", ")}.` : `Did you mean "${near}"?`,
    );
  }
  if (issue.expected?.startsWith('"')) return say(`"${key}" is missing.`, `${what} needs it.`);
  return say(`is not ${what}.`, `Write a mapping with ${known.join(", ")}.`);
}

/** Describe a key, for editors and the reference. */
export function described<T extends v.GenericSchema>(
  schema: T,
  description: string,
): v.SchemaWithPipe<readonly [T, v.DescriptionAction<v.InferOutput<T>, string>]> {
  return v.pipe(schema, v.description(description));
}
