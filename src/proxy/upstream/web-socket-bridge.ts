import type { WebSocketEvents, WebSocketSide } from "../../http/handler.ts";

/** When this much waits for one side, the other is not read any further. */
const HIGH_WATER_BYTES = 1_048_576;
/** How often the amount that waits is looked at while a side is not read. */
const POLL_MILLISECONDS = 20;

/**
 * Two WebSockets back to back: what one receives the other sends. A slow reader slows the writer down instead of
 * filling our memory; when one closes, so does the other, with the same code.
 */
export class WebSocketBridge {
  #client: WebSocketSide | undefined;
  #upstream: WebSocketSide | undefined;
  /** What the upstream said before the client's handshake was finished. */
  #early: (string | Uint8Array<ArrayBuffer>)[] = [];
  #hasEnded = false;
  readonly #onEnd: () => void;

  /** @param onEnd called once, when either side has closed. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** Either side has closed. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** What happens on the client's socket. */
  readonly clientEvents: WebSocketEvents = {
    open: (socket) => this.#begin(socket),
    message: (data) => this.#pass(data, this.#client, this.#upstream),
    close: (code, reason) => this.#finish(this.#upstream, code === 1006 ? 1001 : code, reason),
  };

  /** What happens on the upstream's socket. */
  readonly upstreamEvents: WebSocketEvents = {
    open: () => undefined,
    message: (data) => {
      if (this.#client === undefined) this.#early.push(data);
      else this.#pass(data, this.#upstream, this.#client);
    },
    // 1014: we are the gateway, and what is behind us broke off.
    close: (code, reason) => this.#finish(this.#client, code === 1006 ? 1014 : code, reason),
  };

  /** The upstream has accepted; the client is still to come. When the bridge has ended meanwhile, the upstream is told. */
  attachUpstream(socket: WebSocketSide): void {
    if (this.#hasEnded) return socket.close(1001, "");
    this.#upstream = socket;
    socket.pause();
  }

  /** Close both sides for a reason of our own. */
  end(code: number, reason: string): void {
    const sides = [this.#client, this.#upstream];
    this.#finish(undefined, code, reason);
    for (const side of sides) side?.close(code, reason);
  }

  #begin(client: WebSocketSide): void {
    // The upstream may have closed in the meantime.
    if (this.#hasEnded) return client.close(1014, "");
    this.#client = client;
    for (const data of this.#early) client.send(data);
    this.#early = [];
    this.#upstream?.resume();
  }

  #pass(data: string | Uint8Array<ArrayBuffer>, from: WebSocketSide | undefined, to: WebSocketSide | undefined): void {
    if (this.#hasEnded || from === undefined || to === undefined) return;
    if (to.send(data) <= HIGH_WATER_BYTES) return;
    from.pause();
    this.#resumeWhenSent(from, to);
  }

  #resumeWhenSent(from: WebSocketSide, to: WebSocketSide): void {
    setTimeout(() => {
      if (this.#hasEnded) return;
      if (to.waiting() > HIGH_WATER_BYTES / 2) this.#resumeWhenSent(from, to);
      else from.resume();
    }, POLL_MILLISECONDS);
  }

  #finish(other: WebSocketSide | undefined, code: number, reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#onEnd();
    // A side that is paused would not notice the other's farewell.
    other?.resume();
    if (code === 1005 || code === 1004 || code === 1015) other?.close();
    else other?.close(code, reason);
  }
}
