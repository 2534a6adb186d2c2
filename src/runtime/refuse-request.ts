/** A name, an IPv4 address or a bracketed IPv6 address, and a port. RFC 9110 §7.2, without what no client sends. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

const SLASH = "/".charCodeAt(0);

/**
 * Refuse what the HTTP parser lets through and what two readers could understand in two ways.
 *
 * The parser itself already refuses (400, 431, 505 or a closed connection): both `Content-Length` and
 * `Transfer-Encoding`, repeated or odd `Transfer-Encoding`, lengths that differ or are not digits, bare LF and CR,
 * folded lines, NUL and control characters, white space before a colon, a missing `Host` in HTTP/1.1, oversized
 * header blocks. `test/security/smuggling.test.ts` holds the list.
 *
 * What is left for here: a `Host` that is missing (HTTP/1.0), empty, repeated (the parser joins with a comma) or no
 * host at all; a fragment in the target; a repeated `Content-Length`; `CONNECT` and `TRACE`, which nobody
 * behind a sign-in needs and which a proxy must not answer by accident.
 *
 * @returns the refusal, which also closes the connection; undefined to go on. Stands on the hot path.
 */
export function refuseRequest(request: Request): Response | undefined {
  const { url, method } = request;
  if (method === "CONNECT" || method === "TRACE") return refusal(405, `${method} is not supported.`);
  // The parser gives an absolute URL only where target and Host make one.
  if (url.charCodeAt(0) === SLASH || !HOST.test(request.headers.get("host") ?? "")) {
    return refusal(400, "The Host header is missing, repeated or malformed.");
  }
  if (url.includes("#")) return refusal(400, "A request target has no fragment.");
  if (method !== "GET" && (request.headers.get("content-length") ?? "").includes(",")) {
    return refusal(400, "The Content-Length header is repeated.");
  }
  return undefined;
}

function refusal(status: number, message: string): Response {
  return new Response(`${message}\n`, {
    status,
    headers: { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", Connection: "close" },
  });
}
