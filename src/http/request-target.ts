/**
 * The path of a request as the server saw it, percent-encoding untouched, without query.
 * Cheaper than `new URL(request.url)`, and the very bytes that rules are matched against.
 */
export function pathOf(request: Request): string {
  const url = request.url;
  const start = pathStart(url);
  const end = url.indexOf("?", start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}

/** The query of a request without its `?`; empty when there is none. */
export function queryOf(request: Request): string {
  const url = request.url;
  const mark = url.indexOf("?", pathStart(url));
  return mark === -1 ? "" : url.slice(mark + 1);
}

/** Path and query of a request, as one string. */
export function pathAndQueryOf(request: Request): string {
  const url = request.url;
  return url.slice(pathStart(url));
}

/** The request's own `Host` header, {@link plainHost}; empty when missing. Behind a gateway it may not be what the browser asked for. */
export function hostOf(request: Request): string {
  return plainHost(request.headers.get("host") ?? "");
}

/** A host in lower case, without a default port or trailing dot. */
export function plainHost(host: string): string {
  if (!UNUSUAL_HOST.test(host)) return host;
  return host
    .toLowerCase()
    .replace(/:(?:80|443)$/, "")
    .replace(/\.(?=:|$)/, "");
}

/** What browsers do not send, apart from a default port that somebody typed. */
const UNUSUAL_HOST = /[A-Z]|\.(?::|$)|:(?:80|443)$/;

function pathStart(url: string): number {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  return start === -1 ? url.length : start;
}
