/** A query as Go writes it: sorted by name, a space as `+`, everything but unreserved characters escaped. */
export function goQuery(parameters: Iterable<readonly [string, string]>): string {
  return [...parameters]
    .toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([name, value]) => `${escape(name)}=${escape(value)}`)
    .join("&");
}

/** An absolute URL with parameters set in its query: others stay, those of the same name are replaced, all sorted. */
export function withQuery(url: string, parameters: Readonly<Record<string, string>>): string {
  const [withoutFragment = "", ...fragment] = url.split("#");
  const mark = withoutFragment.indexOf("?");
  const base = mark === -1 ? withoutFragment : withoutFragment.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? "" : withoutFragment.slice(mark + 1));
  const kept = [...query].filter(([name]) => parameters[name] === undefined);
  const tail = fragment.length > 0 ? `#${fragment.join("#")}` : "";
  return `${base}?${goQuery([...kept, ...Object.entries(parameters)])}${tail}`;
}

/** A URL with parameters in its fragment, in place of what was there. Encoded once, so that a parser of forms reads what was meant. */
export function withFragment(url: string, parameters: Readonly<Record<string, string>>): string {
  return `${url.replace(/#.*$/s, "")}#${goQuery(Object.entries(parameters))}`;
}

function escape(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}
