import * as v from "valibot";

import { nearestName } from "../nearest-name.ts";

/** A mapping with more unknown keys than this is something else altogether. */
const MAX_UNKNOWN_KEYS = 20;

/** What is wrong and what to do, one sentence each. */
export interface Words {
  readonly message: string;
  readonly remedy: string;
  /** Of an unknown key: its name, and the one that was probably meant. */
  readonly unknownKey?: string;
  readonly meant?: string;
  /** Of a key that is not there. */
  readonly missingKey?: string;
  /** It is wrong with the whole, not with the key that valibot names. */
  readonly whole?: boolean;
}

/** Valibot carries one text per issue; this makes it from our words. Undone by {@link unsay}. */
export function say(message: string, remedy: string): string {
  return JSON.stringify([{ message, remedy }]);
}

/** The words of a message made by {@link say} or a {@link section}. */
export function unsay(text: string): readonly Words[] {
  if (!text.startsWith("[")) return [{ message: `${text}.`, remedy: "Mend or remove it." }];
  // Only say() and section() write a text that begins like this.
  return JSON.parse(text) as readonly Words[];
}

/**
 * An object of the file: unknown keys are refused with the nearest known one, missing ones by name.
 *
 * @param what how the object is called in messages, such as `an app`.
 */
export function section<const T extends v.ObjectEntries>(what: string, entries: T): v.StrictObjectSchema<T, string> {
  const known = Object.keys(entries);
  // Valibot takes a function wherever it takes a message; the type of the schema only says that there is one.
  const message = ((issue: v.BaseIssue<unknown>) => JSON.stringify(describe(what, known, issue))) as unknown as string;
  return v.strictObject(entries, message);
}

function describe(what: string, known: readonly string[], issue: v.BaseIssue<unknown>): readonly Words[] {
  const last = issue.path?.at(-1);
  const isAboutKey = issue.expected === "never" || issue.expected?.startsWith('"') === true;
  if (!isAboutKey || last === undefined || Array.isArray(last.input)) {
    const found = isAboutKey ? "is a list" : "is not a mapping";
    return [
      { message: `${found}.`, remedy: `Write ${what} as a mapping with ${known.join(", ")}.`, whole: isAboutKey },
    ];
  }
  if (issue.expected !== "never") {
    const key = String(last.key);
    return [{ message: `the key "${key}" is missing.`, remedy: `Add it: ${what} needs it.`, missingKey: key }];
  }
  // Valibot stops at the first unknown key; people want to know all of them.
  const unknown = Object.keys(Object(last.input)).filter((key) => !known.includes(key));
  return unknown.slice(0, MAX_UNKNOWN_KEYS).map((key) => describeUnknown(key, known));
}

function describeUnknown(key: string, known: readonly string[]): Words {
  const meant = nearestName(key, known);
  return {
    message: "there is no such key.",
    remedy: meant === undefined ? `Known here: ${known.join(", ")}.` : `Did you mean "${meant}"?`,
    unknownKey: key,
    ...(meant === undefined ? {} : { meant }),
  };
}

/** Describe a key, for editors and the reference. */
export function described<T extends v.GenericSchema>(
  schema: T,
  description: string,
): v.SchemaWithPipe<readonly [T, v.DescriptionAction<v.InferOutput<T>, string>]> {
  return v.pipe(schema, v.description(description));
}
