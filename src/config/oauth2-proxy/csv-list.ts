/** The items of one line of comma-separated values, or what Go's `encoding/csv` would have said. */
export type CsvList = { readonly items: readonly string[] } | { readonly error: string };

/**
 * Split a list flag as the original does: at commas, except within `"…"`, where `""` is a quotation mark.
 * Spaces count. An empty text is an empty list; a trailing comma adds an empty item.
 */
export function parseCsvList(text: string): CsvList {
  if (text === "") return { items: [] };
  const items: string[] = [];
  let at = 0;
  for (;;) {
    const field = text[at] === '"' ? readQuoted(text, at) : readBare(text, at);
    if ("error" in field) return field;
    items.push(field.value);
    if (field.end === text.length) return { items };
    at = field.end + 1;
  }
}

/** `end` is where the comma after the field is, or the end of the text. */
type Field = { readonly value: string; readonly end: number } | { readonly error: string };

function readBare(text: string, start: number): Field {
  const comma = text.indexOf(",", start);
  const end = comma === -1 ? text.length : comma;
  const value = text.slice(start, end);
  const quote = value.indexOf('"');
  if (quote !== -1) return { error: `parse error on line 1, column ${start + quote + 1}: bare " in non-quoted-field` };
  return { value, end };
}

function readQuoted(text: string, start: number): Field {
  const match = /"((?:[^"]|"")*)"/y;
  match.lastIndex = start;
  const found = match.exec(text);
  const end = match.lastIndex;
  if (found === null || (end < text.length && text[end] !== ",")) {
    return { error: `parse error on line 1, column ${start + 1}: extraneous or missing " in quoted-field` };
  }
  return { value: (found[1] ?? "").replaceAll('""', '"'), end };
}
