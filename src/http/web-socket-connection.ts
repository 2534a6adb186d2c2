import type { HeaderField } from "./exchange.ts";
import type { WebSocketEvents, WebSocketSide } from "./handler.ts";

/** A WebSocket to be opened towards an upstream. */
export interface WebSocketRequest {
  /** `http://host:port` or `https://host:port`, without a path. */
  readonly origin: string;
  /** Path and query. */
  readonly target: string;
  /** With `Host`; without those of the handshake itself. */
  readonly headers: readonly HeaderField[];
  /** Subprotocols on offer, in order of preference. */
  readonly protocols: readonly string[];
  /** How long to wait for the handshake's answer. */
  readonly timeoutSeconds: number;
  /** A unix socket to connect to instead of the origin's host and port. For `http:` origins only. */
  readonly socketPath?: string;
  /** PEM texts of the only authorities that are believed; absent or empty = the system's. */
  readonly authorities?: readonly string[];
  /** Believe any certificate. */
  readonly insecureSkipTlsVerify?: boolean;
}

export interface OpenedWebSocket {
  readonly socket: WebSocketSide;
  /** The chosen subprotocol; absent = none. */
  readonly protocol?: string;
}

/**
 * Open a WebSocket. What `events` hears begins after this has resolved; `open` is not among it.
 * @throws {ExchangeError} `unreachable` (also when the upstream refuses the handshake) or `timeout`.
 */
export type ConnectWebSocket = (request: WebSocketRequest, events: WebSocketEvents) => Promise<OpenedWebSocket>;
