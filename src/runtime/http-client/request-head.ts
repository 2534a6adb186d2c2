import { ExchangeError, type OutgoingRequest } from "../../http/exchange.ts";

/** A path with query in visible ASCII. */
const TARGET = /^\/[\u0021-\u007e]*$/;

/** What would end a line, or what no reader agrees on; or no byte at all. */
const NOT_ONE_LINE = /[^\t\u0020-\u007e\u0080-\u00ff]/;

/**
 * Write a request's head, one character a byte.
 *
 * The values were parsed from another head and could not hold a line break there. They are looked at again, because
 * everything behind this point believes what it says (request splitting).
 *
 * @throws {ExchangeError} `broken` when a part cannot be sent.
 * @see RFC 9112 §3, §5
 */
export function requestHead(request: OutgoingRequest): string {
  if (!TARGET.test(request.target)) throw unsendable("its target");
  let text = `${request.method} ${request.target} HTTP/1.1\r\n`;
  for (const [name, value] of request.headers) {
    if (NOT_ONE_LINE.test(value)) throw unsendable(`its header field "${name}"`);
    text += `${name}: ${value}\r\n`;
  }
  return text + framing(request);
}

function framing({ method, body, bodyLength, disableKeepAlives }: OutgoingRequest): string {
  const connection = disableKeepAlives === true ? "Connection: close\r\n" : "";
  return connection + bodyFraming({ method, body, bodyLength });
}

function bodyFraming({ method, body, bodyLength }: Framed): string {
  if (body === undefined) return MEANT_TO_HAVE_BODY.has(method) ? "Content-Length: 0\r\n\r\n" : "\r\n";
  return bodyLength === undefined ? "Transfer-Encoding: chunked\r\n\r\n" : `Content-Length: ${bodyLength}\r\n\r\n`;
}

interface Framed {
  readonly method: string;
  readonly body: OutgoingRequest["body"] | undefined;
  readonly bodyLength: number | undefined;
}

/** RFC 9110 §8.6 */
const MEANT_TO_HAVE_BODY = new Set(["POST", "PUT", "PATCH"]);

function unsendable(what: string): ExchangeError {
  return new ExchangeError("broken", `the request cannot be written as HTTP: ${what}`);
}
