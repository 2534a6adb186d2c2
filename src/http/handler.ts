import type { HeaderField } from "./exchange.ts";

/** The TCP peer of a request, asked for lazily: it costs a system call. */
export interface Peer {
  /** IP address without zone or brackets, IPv4-mapped IPv6 as IPv4; empty when unknown (a unix socket). */
  address(): string;
  /** Its port, for the log. Absent or undefined: not known. */
  port?(): number | undefined;
  /** The request came over TLS to us ourselves. Absent = no. */
  readonly secure?: boolean;
  /**
   * How long the connection may stay without traffic during this request, in seconds; 0 = for good.
   * For an upstream that takes its time and for streams that may be quiet. Absent: nothing to keep open.
   */
  allowIdle?(seconds: number): void;
  /**
   * Take the connection over as a WebSocket (RFC 6455 §4.2). To be called at most once, before the handler's answer.
   *
   * @param protocol the subprotocol to answer with; absent = none.
   * @param headers further fields of the answer; absent = none.
   * @returns what the handler then has to return; undefined when the request is no WebSocket handshake.
   */
  upgrade?(events: WebSocketEvents, protocol?: string, headers?: readonly HeaderField[]): Response | undefined;
}

/** What happens on a WebSocket that was accepted with {@link Peer.upgrade}. */
export interface WebSocketEvents {
  open(socket: WebSocketSide): void;
  message(data: string | Uint8Array<ArrayBuffer>): void;
  /** The last event. `code` is 1005 without a code, 1006 when the connection broke. */
  close(code: number, reason: string): void;
}

/** One end of a WebSocket, as far as it can be talked to. */
export interface WebSocketSide {
  /** @returns bytes that wait because the other side reads slowly; 0 = none. */
  send(data: string | Uint8Array<ArrayBuffer>): number;
  /** Bytes that wait to be sent. */
  waiting(): number;
  /** Codes 1000, 1001, 1003, 1007 to 1014 and 3000 to 4999 may be sent; absent = no code. */
  close(code?: number, reason?: string): void;
  /** Stop and go on reading. */
  pause(): void;
  resume(): void;
}

/** Answers a request. Whatever it throws is turned into a response by `http/error-response.ts`. */
export type Handler = (request: Request, peer: Peer) => Response | Promise<Response>;

/** The value of a path pattern's parameters, percent-decoded. */
export type PathParameters = Readonly<Record<string, string>>;

/** Like {@link Handler}, with the parameters of its pattern. */
export type RouteHandler = (request: Request, peer: Peer, parameters: PathParameters) => Response | Promise<Response>;

export interface Route {
  /** Exact path, with `:name` for one segment, or a trailing `/*` for everything below. */
  readonly path: string;
  /** Methods it answers; absent = any. A known path with another method gets 405 with `Allow`. */
  readonly methods?: readonly string[];
  readonly handle: RouteHandler;
}
