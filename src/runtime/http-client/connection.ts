import { ExchangeError, type IncomingResponse, type OutgoingRequest } from "../../http/exchange.ts";
import { requestHead } from "./request-head.ts";
import { RunningExchange } from "./running-exchange.ts";

/** What a connection needs of its socket. */
export interface ConnectionSocket {
  /** Whom to tell what happens. Called once, before anything happens. */
  attach(listener: SocketListener): void;
  /** @param data bytes, or text with one character a byte. @returns how many were taken; the rest has to wait for a drain. */
  write(data: Uint8Array | string): number;
  pause(): void;
  resume(): void;
  /** Close at once. */
  terminate(): void;
}

export interface SocketListener {
  received(data: Buffer<ArrayBuffer>): void;
  /** It can take more. */
  drained(): void;
  /** It has closed, whoever did it. */
  closed(): void;
}

/** What a connection tells its pool. */
export interface ConnectionOwner {
  /** It has carried an exchange and can carry another. */
  free(connection: Connection): void;
  /** It is of no more use. */
  gone(connection: Connection): void;
}

/** An unused connection is closed after this many ticks: before most servers do so from their side. */
const MAX_IDLE_TICKS = 15;

/**
 * One connection to an upstream, with at most one exchange on it at a time.
 *
 * An exchange begins with {@link send} and goes: head written → body pumped → head read → body delivered → free or gone.
 */
export class Connection implements SocketListener {
  /** Ticks since it carried an exchange. */
  idleTicks = 0;
  readonly #socket: ConnectionSocket;
  readonly #owner: ConnectionOwner;
  #exchange: RunningExchange | undefined;
  #isClosed = false;
  #unsent: Uint8Array[] = [];
  #drained: (() => void) | undefined;

  constructor(socket: ConnectionSocket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
    socket.attach(this);
  }

  /**
   * Begin an exchange.
   * @param repeat sends the request elsewhere, when the upstream turns out to have closed this connection before.
   */
  send(request: OutgoingRequest, repeat?: () => Promise<IncomingResponse>): Promise<IncomingResponse> {
    const head = requestHead(request);
    const exchange = new RunningExchange(request, this, repeat);
    this.#exchange = exchange;
    this.#write(head);
    if (request.body === undefined) exchange.requestSent = true;
    else void this.#pump(exchange, request.body);
    return exchange.response;
  }

  received(data: Buffer<ArrayBuffer>): void {
    // Nobody asked: whatever it is, it must not become the answer to the next request.
    if (this.#exchange === undefined) this.destroy();
    else this.#exchange.received(data);
  }

  drained(): void {
    while (this.#unsent.length > 0) {
      const [next = new Uint8Array()] = this.#unsent;
      const taken = Math.max(0, this.#socket.write(next));
      if (taken < next.length) {
        this.#unsent[0] = next.subarray(taken);
        return;
      }
      this.#unsent.shift();
    }
    this.#drained?.();
    this.#drained = undefined;
  }

  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#drained?.();
    this.#owner.gone(this);
    this.#exchange?.connectionClosed();
  }

  /** Close, whatever is going on. */
  destroy(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#exchange = undefined;
    this.#drained?.();
    this.#owner.gone(this);
    this.#socket.terminate();
  }

  pause(): void {
    if (!this.#isClosed) this.#socket.pause();
  }

  resume(): void {
    if (!this.#isClosed) this.#socket.resume();
  }

  /** The exchange has ended well: keep the connection when nothing speaks against it. */
  release(reusable: boolean): void {
    this.#exchange = undefined;
    if (!reusable || this.#isClosed) return this.destroy();
    this.idleTicks = 0;
    this.#owner.free(this);
  }

  /** About a second has passed. One clock for all is cheaper than a timer an exchange. */
  tick(): void {
    if (this.#exchange !== undefined) return this.#exchange.tick();
    this.idleTicks += 1;
    if (this.idleTicks > MAX_IDLE_TICKS) this.destroy();
  }

  #write(data: Uint8Array | string): void {
    if (this.#unsent.length > 0) {
      this.#unsent.push(toBytes(data));
      return;
    }
    const taken = Math.max(0, this.#socket.write(data));
    if (taken < data.length) this.#unsent.push(toBytes(data).subarray(taken));
  }

  async #pump(exchange: RunningExchange, body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    const { bodyLength } = exchange.request;
    let sent = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (this.#exchange !== exchange || this.#isClosed) return await reader.cancel();
        if (done) break;
        sent += value.length;
        if (bodyLength === undefined) this.#writeChunk(value);
        else if (sent <= bodyLength) this.#write(value);
        else throw new Error("the body is longer than its length");
        exchange.progressed();
        if (this.#unsent.length > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
      }
      if (bodyLength === undefined) this.#write("0\r\n\r\n");
      else if (sent < bodyLength) throw new Error("the body is shorter than its length");
      exchange.requestSent = true;
    } catch (cause) {
      exchange.fail(new ExchangeError("aborted", "the client's body ended early", cause));
    }
  }

  #writeChunk(value: Uint8Array): void {
    if (value.length === 0) return;
    this.#write(`${value.length.toString(16)}\r\n`);
    this.#write(value);
    this.#write("\r\n");
  }
}

function toBytes(data: Uint8Array | string): Uint8Array {
  return typeof data === "string" ? Buffer.from(data, "latin1") : data;
}
