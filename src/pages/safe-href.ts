/**
 * The href when it leads to http(s) or is relative, else undefined: `javascript:` and `data:` links run in our origin.
 * Parsed as a browser parses it, which drops tabs and line breaks inside the scheme.
 */
export function safeHref(href: string | undefined): string | undefined {
  if (href === undefined) return undefined;
  const url = URL.parse(href, "https://relative.invalid/");
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") ? href : undefined;
}
