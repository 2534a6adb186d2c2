import { hostOf, plainHost } from "./request-target.ts";

const forwarded = new WeakMap<Request, string>();

/** Remember which host a browser asked for, by the word of a trusted proxy. Never called with what anybody else says. */
export function noteForwardedHost(request: Request, host: string): void {
  forwarded.set(request, plainHost(host));
}

/** The host that the browser asked for, with its port: a trusted proxy's word, else the `Host` header. */
export function browserHostOf(request: Request): string {
  return forwarded.get(request) ?? hostOf(request);
}
