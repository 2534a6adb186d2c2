import type { HeaderField } from "../http/exchange.ts";
import type { Peer, WebSocketEvents, WebSocketSide } from "../http/handler.ts";

/** What a WebSocket carries from its handshake. */
export interface SocketData {
  readonly events: WebSocketEvents;
}

/** What a handler returns after an upgrade. It never reaches a client. */
const UPGRADED = new Response(null);

/** Whether a handler's answer says that its connection has become a WebSocket. */
export function isUpgraded(response: Response): boolean {
  return response === UPGRADED;
}

/**
 * What the address of a client is that has hung up: the system does not know it any more. Never empty, because that would mean
 * a unix socket, whose other side is trusted: who sends a request and resets the connection must not be believed.
 */
const GONE = "0.0.0.0";

/** The peer of one request. A class, because one is made for every request and most are never asked anything. */
export class BunPeer implements Peer {
  readonly #server: Bun.Server<SocketData>;
  readonly #request: Request;
  #address: string | undefined;

  constructor(server: Bun.Server<SocketData>, request: Request) {
    this.#server = server;
    this.#request = request;
  }

  address(): string {
    this.#address ??= plainAddress(this.#server.requestIP(this.#request)?.address ?? GONE);
    return this.#address;
  }

  port(): number | undefined {
    return this.#server.requestIP(this.#request)?.port;
  }

  allowIdle(seconds: number): void {
    this.#server.timeout(this.#request, Math.min(Math.ceil(seconds), 255));
  }

  upgrade(events: WebSocketEvents, protocol?: string, fields: readonly HeaderField[] = []): Response | undefined {
    // Left in place, the first of the client's offers would be answered although nobody chose it.
    this.#request.headers.delete("sec-websocket-protocol");
    const headers = new Headers();
    for (const [name, value] of fields) headers.append(name, value);
    if (protocol !== undefined) headers.set("Sec-WebSocket-Protocol", protocol);
    return this.#server.upgrade(this.#request, { data: { events }, headers }) ? UPGRADED : undefined;
  }
}

/** The peer of a request over a unix socket. */
export class UnixPeer extends BunPeer {
  override address(): string {
    return "";
  }

  override port(): undefined {
    return undefined;
  }
}

/** An IP address without zone, IPv4-mapped IPv6 as IPv4. */
export function plainAddress(address: string): string {
  if (!address.includes(":")) return address;
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address.replace(/%.*$/, "");
}

/**
 * Turn the server's WebSocket callbacks into {@link WebSocketEvents}. Pings are answered, and sent to find out
 * about a dead client, by the server itself.
 */
export function webSocketHandler(maxMessageBytes: number): Bun.WebSocketHandler<SocketData> {
  return {
    maxPayloadLength: maxMessageBytes,
    backpressureLimit: 2 * maxMessageBytes,
    closeOnBackpressureLimit: true,
    idleTimeout: 120,
    open: (socket) => socket.data.events.open(sideOf(socket)),
    message: (socket, data) => socket.data.events.message(typeof data === "string" ? data : new Uint8Array(data)),
    close: (socket, code, reason) => socket.data.events.close(code, reason),
  };
}

function sideOf(socket: Bun.ServerWebSocket<SocketData>): WebSocketSide {
  return {
    send: (data) => {
      socket.send(data);
      return socket.getBufferedAmount();
    },
    waiting: () => socket.getBufferedAmount(),
    close: (code, reason) => socket.close(code, reason),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
}
