import { plainHost } from "./request-target.ts";

const forwarded = new WeakMap<Request, string>();

/** Remember which host a browser asked for, by the word of a trusted proxy. Never called with what anybody else says. */
export function noteForwardedHost(request: Request, host: string): void {
  if (HOST.test(host)) forwarded.set(request, host);
}

/** A name or address with an optional port; a list of two is none. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** The host that the browser asked for, with its port, as written: a trusted proxy's word, else the `Host` header. */
export function browserHostOf(request: Request): string {
  return forwarded.get(request) ?? request.headers.get("host") ?? "";
}

/** {@link browserHostOf} to compare with: see {@link plainHost}. */
export function plainBrowserHostOf(request: Request): string {
  return plainHost(browserHostOf(request));
}
