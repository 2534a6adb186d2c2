const ESCAPED = /[<>&\u2028\u2029]/g;

/**
 * JSON as Go's encoder writes it: `<`, `>`, `&` and the two line separators are escaped. Members that are undefined are left out.
 *
 * @param indent spaces a level; absent: compact.
 */
export function goJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A list of strings as Go's `%q` prints it: `["foo" "bar"]`. */
export function goQuotedList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
}
