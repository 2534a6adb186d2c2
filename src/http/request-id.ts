import { randomUUID } from "node:crypto";

const ids = new WeakMap<Request, string>();

/**
 * An identifier for one request, for the log and for pages that people report. A gateway's `X-Request-Id` is kept when it
 * is harmless text, so that one id runs through all logs; it identifies, it never authorises.
 */
export function requestIdOf(request: Request): string {
  let id = ids.get(request);
  if (id === undefined) {
    const sent = request.headers.get("x-request-id");
    id = sent !== null && /^[\w.-]{1,64}$/.test(sent) ? sent : randomUUID();
    ids.set(request, id);
  }
  return id;
}
