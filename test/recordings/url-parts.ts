/** A URL in its parts as they are written: nothing is tidied, as `URL` would. RFC 3986 appendix B */
export interface UrlParts {
  /** What comes before the query and the fragment. */
  readonly base: string;
  /** Without scheme and host. */
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
}

export function splitUrl(url: string): UrlParts {
  const [, base = "", query = "", fragment = ""] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(url) ?? [];
  return { base, path: base.replace(/^(?:[a-z][\w+.-]*:)?(?:\/\/[^/]*)?/i, ""), query, fragment };
}

export function pathOf(url: string): string {
  return splitUrl(url).path;
}

/** Where a reference on a page or in a `Location` leads; what is whole is left as it is. RFC 3986 §5.2 */
export function resolveUrl(reference: string, page: string): string {
  if (/^[a-z][\w+.-]*:/i.test(reference)) return reference;
  if (/^\/(?!\/)/.test(reference)) return new URL(page).origin + reference;
  return new URL(reference, page).href;
}
