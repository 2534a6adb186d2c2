/** One HTTP header field, the name in any case. Characters are bytes (ISO-8859-1), as in `Headers`. */
export type HeaderField = readonly [name: string, value: string];

/** A request to send on, exactly as it is to appear on the wire. */
export interface OutgoingRequest {
  /** `http://host:port` or `https://host:port`, without a path. */
  readonly origin: string;
  readonly method: string;
  /** Path and query, sent as they are. */
  readonly target: string;
  /** With `Host`; without the framing (`Connection`, `Content-Length`, `Transfer-Encoding`), which is the sender's. */
  readonly headers: readonly HeaderField[];
  readonly body?: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Bytes in `body`; absent = not known beforehand. Sent as 0 when there is no body but the method usually has one. */
  readonly bodyLength?: number;
  /** How long to wait for the response's head, counted from the last byte sent. */
  readonly timeoutSeconds: number;
  /** Whose signal says that nobody waits any more. Asked for late, because making one is not free: pass the `Request`. */
  readonly client: { readonly signal: AbortSignal };
  /** Told when the upstream breaks off a body whose head has been answered already. */
  readonly onBreak?: (error: ExchangeError) => void;
  /** A unix socket to connect to instead of the origin's host and port. */
  readonly socketPath?: string;
  /** PEM texts of the only authorities that are believed; absent or empty = the system's. */
  readonly authorities?: readonly string[];
  /** Believe any certificate. */
  readonly insecureSkipTlsVerify?: boolean;
  /** One connection for each request, and tell the upstream so. */
  readonly disableKeepAlives?: boolean;
}

/** What came back. Bytes are as the upstream sent them: nothing is decompressed, no redirect is followed. */
export interface IncomingResponse {
  /** 200 to 599; interim responses are skipped. */
  readonly status: number;
  /** Names in lower case, in the order sent; repeated fields are not joined. */
  readonly headers: readonly HeaderField[];
  /**
   * A short body as a whole, a longer one as a stream that fails when the upstream breaks off, absent where there is none.
   * Cancelling the stream closes the upstream's connection.
   */
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
}

/**
 * Send a request and wait for the response's head.
 * @throws {ExchangeError}
 */
export type Exchange = (request: OutgoingRequest) => Promise<IncomingResponse>;

/**
 * Why there is no response: `unreachable` (no connection), `timeout` (no head in time), `broken` (it ended early or was not
 * HTTP), `aborted` (by the client). The message is for the log.
 */
export class ExchangeError extends Error {
  readonly code: "unreachable" | "timeout" | "broken" | "aborted";

  constructor(code: ExchangeError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ExchangeError";
    this.code = code;
  }
}
