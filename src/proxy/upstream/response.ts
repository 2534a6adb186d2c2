import type { IncomingResponse } from "../../http/exchange.ts";
import { connectionOptions, HOP_BY_HOP } from "./dropped-headers.ts";
import type { Sending } from "./transport.ts";

const DROPPED: ReadonlySet<string> = new Set([...HOP_BY_HOP, "content-length"]);

/**
 * The answer for the client: the upstream's status, fields and bytes, without the fields of its connection. The length is
 * given anew by the server (a stream goes out chunked), except where there is a length but no body.
 */
export function clientResponse(
  incoming: IncomingResponse,
  method: string,
  { ownCookieNames, setCookies, responseHeaders }: Pick<Sending, "ownCookieNames" | "setCookies" | "responseHeaders">,
): Response {
  const headers = new Headers();
  for (const [name, value] of responseHeaders ?? []) headers.append(name, value);
  const named = namedByConnection(incoming);
  for (const [name, value] of incoming.headers) {
    if (DROPPED.has(name) || named.has(name)) continue;
    if (name !== "set-cookie" || !ownCookieNames(cookieName(value))) headers.append(name, value);
  }
  if (method === "HEAD" || incoming.status === 304) keepLength(headers, incoming);
  for (const cookie of setCookies) headers.append("set-cookie", cookie);
  return new Response(bodyFor(incoming, headers), { status: incoming.status, headers });
}

function namedByConnection({ headers }: IncomingResponse): ReadonlySet<string> {
  const connection = headers.find(([name]) => name === "connection");
  return connectionOptions(connection?.[1] ?? null);
}

function cookieName(setCookie: string): string {
  const end = setCookie.search(/[=;]/);
  return (end === -1 ? setCookie : setCookie.slice(0, end)).trim();
}

function keepLength(headers: Headers, incoming: IncomingResponse): void {
  const length = incoming.headers.find(([name]) => name === "content-length");
  if (length !== undefined) headers.set("content-length", length[1]);
}

/** Bytes without a type would be given one, and a browser would then download what it now looks at. A stream is not. */
function bodyFor({ body }: IncomingResponse, headers: Headers): IncomingResponse["body"] | null {
  if (!(body instanceof Uint8Array)) return body ?? null;
  if (body.length === 0) return null;
  return headers.has("content-type") ? body : streamOf(body);
}

function streamOf(body: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(body);
      controller.close();
    },
  });
}
