import { ExchangeError, type IncomingResponse, type OutgoingRequest } from "../../http/exchange.ts";
import type { ResponseHead } from "./response-head.ts";
import { ResponseParser, type ResponseSink } from "./response-parser.ts";

/** What an exchange needs of its connection. */
export interface ExchangeConnection {
  pause(): void;
  resume(): void;
  release(reusable: boolean): void;
  destroy(): void;
}

/** A body up to this size is delivered as a whole, so that its length reaches the client. */
const WHOLE_BODY_BYTES = 65_536;
/** How much of a longer body may wait for its reader before the upstream is told to wait. */
const STREAM_BUFFER_BYTES = 262_144;

/** Up to here a second more or less would show, so the exchange has a timer of its own. */
const OWN_TIMER_SECONDS = 10;

type Body = Uint8Array<ArrayBuffer>;

/** One request and its response on one connection. */
export class RunningExchange implements ResponseSink {
  readonly request: OutgoingRequest;
  readonly response: Promise<IncomingResponse>;
  /** The request has been handed to the socket completely. */
  requestSent = false;
  readonly #connection: ExchangeConnection;
  readonly #parser: ResponseParser;
  readonly #repeat: (() => Promise<IncomingResponse>) | undefined;
  readonly #resolve: (response: IncomingResponse | Promise<IncomingResponse>) => void;
  readonly #reject: (error: ExchangeError) => void;
  #head: ResponseHead | undefined;
  #collected: Body[] = [];
  #stream: ReadableStreamDefaultController<Body> | undefined;
  #isPaused = false;
  #isOver = false;
  #silentTicks = 0;
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param repeat what to do instead when a kept connection ends before any answer. */
  constructor(request: OutgoingRequest, connection: ExchangeConnection, repeat?: () => Promise<IncomingResponse>) {
    this.request = request;
    this.#connection = connection;
    this.#repeat = repeat;
    this.#parser = new ResponseParser(request.method, this);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingResponse>();
    this.response = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    const { timeoutSeconds } = request;
    if (timeoutSeconds > OWN_TIMER_SECONDS) return;
    this.#timer = setTimeout(() => this.#timeOut(), timeoutSeconds * 1000);
    this.#timer.unref();
  }

  /** More of the request has been handed to the socket. */
  progressed(): void {
    this.#silentTicks = 0;
    this.#timer?.refresh();
  }

  /** About a second has passed. A stream may be silent for as long as it likes. */
  tick(): void {
    this.#silentTicks += 1;
    if (this.request.client.signal.aborted) return this.#abandon();
    if (this.#timer === undefined && this.#silentTicks > this.request.timeoutSeconds) this.#timeOut();
  }

  received(piece: Buffer<ArrayBuffer>): void {
    this.progressed();
    try {
      this.#parser.push(piece);
    } catch (error) {
      return this.fail(asExchangeError(error));
    }
    if (!this.#isOver && this.#head !== undefined && this.#stream === undefined) this.#streamUnlessShort(this.#head);
  }

  connectionClosed(): void {
    if (this.#isOver) return;
    if (this.#parser.isUntouched && this.#repeat !== undefined) {
      this.#finish();
      return this.#resolve(this.#repeat());
    }
    try {
      this.#parser.close();
    } catch (error) {
      this.fail(asExchangeError(error));
    }
  }

  fail(error: ExchangeError): void {
    if (this.#isOver) return;
    this.#finish();
    this.#connection.destroy();
    if (this.#stream === undefined) return this.#reject(error);
    this.#stream.error(error);
    if (error.code !== "aborted") this.request.onBreak?.(error);
  }

  head(head: ResponseHead): void {
    this.#head = head;
  }

  data(bytes: Body): void {
    if (this.#stream === undefined) {
      this.#collected.push(bytes);
      return;
    }
    this.#stream.enqueue(bytes);
    if ((this.#stream.desiredSize ?? 0) <= 0 && !this.#isPaused) {
      this.#isPaused = true;
      this.#connection.pause();
    }
  }

  end(surplus: boolean): void {
    const head = this.#head;
    if (head === undefined || this.#isOver) return;
    this.#finish();
    // A body that is still being sent belongs to this exchange: nothing else may follow it.
    const isSound = head.keepAlive && head.framing.kind !== "until-close" && this.requestSent && !surplus;
    this.#connection.release(isSound && this.request.disableKeepAlives !== true);
    if (this.#stream !== undefined) return this.#stream.close();
    this.#resolve({ status: head.status, headers: head.headers, body: this.#wholeBody(head) });
  }

  #wholeBody(head: ResponseHead): Body | undefined {
    if (head.framing.kind === "none") return undefined;
    const [first = new Uint8Array()] = this.#collected;
    return this.#collected.length > 1 ? Buffer.concat(this.#collected) : first;
  }

  #streamUnlessShort(head: ResponseHead): void {
    if (head.framing.kind === "length" && head.framing.length <= WHOLE_BODY_BYTES) return;
    const body = new ReadableStream<Body>(
      {
        start: (controller) => {
          this.#stream = controller;
          for (const bytes of this.#collected) controller.enqueue(bytes);
        },
        pull: () => this.#continue(),
        cancel: () => this.#abandon(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: STREAM_BUFFER_BYTES }),
    );
    this.#collected = [];
    this.#resolve({ status: head.status, headers: head.headers, body });
  }

  #finish(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #timeOut(): void {
    if (this.#stream !== undefined) return;
    this.fail(new ExchangeError("timeout", `no answer within ${this.request.timeoutSeconds} s`));
  }

  #abandon(): void {
    this.fail(new ExchangeError("aborted", "the client has gone"));
  }

  #continue(): void {
    if (!this.#isPaused || this.#isOver) return;
    this.#isPaused = false;
    this.#connection.resume();
  }
}

function asExchangeError(error: unknown): ExchangeError {
  return error instanceof ExchangeError ? error : new ExchangeError("broken", "reading the answer failed", error);
}
