/** What placeholders stand for, by name. */
export type Variables = Record<string, string>;

/**
 * Replace `{{name}}`, `{{name|filter}}` and `{{repeat.N}}` (N times `x`) in every text of a value, keys too.
 * A name that stands for nothing stays as it is.
 */
export function substitute<Value>(value: Value, variables: Readonly<Variables>): Value {
  // The shape stays: only the text in it changes.
  return replaceIn(value, variables) as Value;
}

/** Percent-encode everything but `A-Za-z0-9_.-~`. RFC 3986 §2.3 */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
}

const PLACEHOLDER = /\{\{([A-Za-z][\w.-]*)(?:\|(\w+))?\}\}/g;

const FILTERS: Readonly<Record<string, (text: string) => string>> = {
  url: percentEncode,
  b64: (text) => Buffer.from(text).toString("base64"),
  b64url: (text) => Buffer.from(text).toString("base64url"),
};

function replaceIn(value: unknown, variables: Readonly<Variables>): unknown {
  if (typeof value === "string") return replaceText(value, variables);
  if (Array.isArray(value)) return value.map((item) => replaceIn(item, variables));
  if (typeof value !== "object" || value === null) return value;
  const pairs = Object.entries(value);
  return Object.fromEntries(pairs.map(([key, item]) => [replaceText(key, variables), replaceIn(item, variables)]));
}

function replaceText(text: string, variables: Readonly<Variables>): string {
  return text.replace(PLACEHOLDER, (found, name: string, filter: string | undefined) => {
    if (name.startsWith("repeat.")) return "x".repeat(Number(name.slice("repeat.".length)));
    const value = variables[name];
    if (value === undefined) return found;
    return filter === undefined ? value : filterNamed(filter)(value);
  });
}

function filterNamed(name: string): (text: string) => string {
  const filter = FILTERS[name];
  if (filter === undefined) throw new Error(`no filter is called ${name}`);
  return filter;
}
