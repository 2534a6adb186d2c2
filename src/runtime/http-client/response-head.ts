import { ExchangeError, type HeaderField } from "../../http/exchange.ts";

/** How the end of a body is found. RFC 9112 §6.3 */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "until-close" };

export interface ResponseHead {
  readonly status: number;
  readonly headers: readonly HeaderField[];
  readonly framing: Framing;
  /** The connection may carry another exchange after this one. */
  readonly keepAlive: boolean;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\u0020-\u007e\u0080-\u00ff]*)?$/;

/** Field lines, each ended by CRLF: tokens, no white space before the colon, no folding, no control characters. RFC 9112 §5 */
const FIELD_LINES = /^(?:[!#$%&'*+.^`|~\w-]+:[\t\u0020-\u007e\u0080-\u00ff]*\r\n)*$/;

/**
 * Parse a response's head, strictly: what is not exactly HTTP/1.1 is refused, because a lenient reader in a chain of
 * readers is how response smuggling works.
 *
 * @param text the head without its last CRLF, one character a byte.
 * @throws {ExchangeError} `broken`
 * @see RFC 9112 §4 to §6
 */
export function parseResponseHead(text: string, requestMethod: string): ResponseHead {
  const lineEnd = text.indexOf("\r\n");
  const statusLine = STATUS_LINE.exec(lineEnd === -1 ? text : text.slice(0, lineEnd));
  if (statusLine === null) throw broken("the status line is malformed");
  const fieldLines = lineEnd === -1 ? "" : text.slice(lineEnd + 2);
  if (!FIELD_LINES.test(fieldLines)) throw broken("a header field is malformed");
  const status = Number(statusLine[2]);
  const fields = parseFields(fieldLines);
  const isHttp11 = statusLine[1] === "1";
  return {
    status,
    headers: fields.headers,
    framing: framingOf(fields, status, requestMethod),
    keepAlive: isHttp11 && !/(?:^|,)\s*close\s*(?:,|$)/i.test(fields.connection),
  };
}

interface Fields {
  readonly headers: readonly HeaderField[];
  readonly contentLength: string | undefined;
  readonly transferEncoding: string | undefined;
  readonly connection: string;
}

function parseFields(lines: string): Fields {
  const headers: HeaderField[] = [];
  let contentLength: string | undefined;
  let transferEncoding: string | undefined;
  let connection = "";
  let start = 0;
  while (start < lines.length) {
    const end = lines.indexOf("\r\n", start);
    const colon = lines.indexOf(":", start);
    const name = lines.slice(start, colon).toLowerCase();
    const value = withoutSpaceAround(lines, colon + 1, end);
    start = end + 2;
    headers.push([name, value]);
    if (name === "content-length") contentLength = repeated(contentLength, value);
    else if (name === "transfer-encoding") transferEncoding = repeated(transferEncoding, value);
    else if (name === "connection") connection = connection === "" ? value : `${connection},${value}`;
  }
  return { headers, contentLength, transferEncoding, connection };
}

/** `String.trim` would also take U+00A0 and U+0085, which here are bytes of a value. */
function withoutSpaceAround(lines: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isSpace(lines.charCodeAt(start))) start += 1;
  while (end > start && isSpace(lines.charCodeAt(end - 1))) end -= 1;
  return lines.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function repeated(before: string | undefined, value: string): string {
  if (before !== undefined && before !== value) throw broken("the length of the body is given twice");
  return value;
}

function framingOf(fields: Fields, status: number, requestMethod: string): Framing {
  const length = validLength(fields);
  if (requestMethod === "HEAD" || status < 200 || status === 204 || status === 304) return { kind: "none" };
  if (fields.transferEncoding !== undefined) return { kind: "chunked" };
  return length === undefined ? { kind: "until-close" } : { kind: "length", length };
}

function validLength({ contentLength, transferEncoding }: Fields): number | undefined {
  if (transferEncoding !== undefined && transferEncoding.toLowerCase() !== "chunked") {
    throw broken("a Transfer-Encoding other than chunked");
  }
  if (contentLength === undefined) return undefined;
  if (transferEncoding !== undefined) throw broken("both Content-Length and Transfer-Encoding");
  if (!/^\d{1,15}$/.test(contentLength)) throw broken("Content-Length is no number");
  return Number(contentLength);
}

/** A response that is not HTTP. */
export function broken(what: string): ExchangeError {
  return new ExchangeError("broken", `the upstream's answer is not valid HTTP: ${what}`);
}
