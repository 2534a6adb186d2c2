import { broken, parseResponseHead, type ResponseHead } from "./response-head.ts";

/** What a parser finds, in order: one head, any number of data, one end. */
export interface ResponseSink {
  head(head: ResponseHead): void;
  data(bytes: Uint8Array<ArrayBuffer>): void;
  /** @param surplus bytes followed that belong to no response: the connection cannot be trusted further. */
  end(surplus: boolean): void;
}

/** Largest response head, in bytes. */
const MAX_HEAD_BYTES = 65_536;
/** Longest chunk-size line with its extensions, and all trailers together, in bytes. */
const MAX_LINE_BYTES = 4096;
const MAX_TRAILER_BYTES = 16_384;

type Phase = "head" | "length" | "until-close" | "chunk-size" | "chunk-data" | "chunk-end" | "trailers" | "done";

/**
 * Reads one response from the pieces a connection delivers.
 * @throws {ExchangeError} `broken`, from {@link push} and {@link close}.
 */
export class ResponseParser {
  #phase: Phase = "head";
  /** The beginning of a head or line whose end has not come yet. */
  #unread: Buffer<ArrayBuffer> | undefined;
  /** Bytes of the body or the chunk still to come. */
  #remaining = 0;
  #trailerBytes = 0;
  readonly #method: string;
  readonly #sink: ResponseSink;

  constructor(requestMethod: string, sink: ResponseSink) {
    this.#method = requestMethod;
    this.#sink = sink;
  }

  /** Nothing has been received yet. */
  get isUntouched(): boolean {
    return this.#phase === "head" && this.#unread === undefined;
  }

  push(piece: Buffer<ArrayBuffer>): void {
    const input = this.#unread === undefined ? piece : Buffer.concat([this.#unread, piece]);
    this.#unread = undefined;
    let at = 0;
    while (at < input.length) {
      if (this.#phase === "done") return;
      const next = this.#step(input, at);
      if (next === undefined) {
        this.#unread = at === 0 ? input : input.subarray(at);
        return;
      }
      at = next;
    }
  }

  /** The connection has ended. */
  close(): void {
    if (this.#phase === "until-close") this.#finish(false);
    else if (this.#phase !== "done") throw broken("it ended early");
  }

  /** @returns where to go on, or undefined when more input is needed. */
  #step(input: Buffer<ArrayBuffer>, at: number): number | undefined {
    switch (this.#phase) {
      case "head":
        return this.#readHead(input, at);
      case "length":
      case "chunk-data":
        return this.#readCounted(input, at);
      case "until-close":
        this.#sink.data(input.subarray(at));
        return input.length;
      default:
        return this.#readLine(input, at);
    }
  }

  #readHead(input: Buffer<ArrayBuffer>, at: number): number | undefined {
    const end = input.indexOf("\r\n\r\n", at, "latin1");
    if ((end === -1 ? input.length : end) - at > MAX_HEAD_BYTES) throw broken("its head is too large");
    if (end === -1) return undefined;
    const head = parseResponseHead(input.toString("latin1", at, end + 2), this.#method);
    const next = end + 4;
    if (head.status === 101) throw broken("it switched protocols unasked");
    if (head.status < 200) return next;
    this.#begin(head, next < input.length);
    return next;
  }

  #begin(head: ResponseHead, more: boolean): void {
    const { framing } = head;
    this.#sink.head(head);
    if (framing.kind === "none" || (framing.kind === "length" && framing.length === 0)) this.#finish(more);
    else if (framing.kind === "length") {
      this.#remaining = framing.length;
      this.#phase = "length";
    } else this.#phase = framing.kind === "chunked" ? "chunk-size" : "until-close";
  }

  #readCounted(input: Buffer<ArrayBuffer>, at: number): number {
    const end = Math.min(input.length, at + this.#remaining);
    this.#remaining -= end - at;
    this.#sink.data(input.subarray(at, end));
    if (this.#remaining === 0) {
      if (this.#phase === "length") this.#finish(end < input.length);
      else this.#phase = "chunk-end";
    }
    return end;
  }

  #readLine(input: Buffer<ArrayBuffer>, at: number): number | undefined {
    const end = input.indexOf("\r\n", at, "latin1");
    if ((end === -1 ? input.length : end) - at > MAX_LINE_BYTES) throw broken("a chunk's line is too long");
    if (end === -1) return undefined;
    const line = input.toString("latin1", at, end);
    const next = end + 2;
    if (this.#phase === "chunk-size") this.#readChunkSize(line);
    else if (this.#phase === "chunk-end") this.#readChunkEnd(line);
    else this.#readTrailer(line, next < input.length);
    return next;
  }

  #readChunkSize(line: string): void {
    const size = /^([\da-f]{1,12})(?:[\t ]*;[\t\u0020-\u007e\u0080-\u00ff]*)?$/i.exec(line)?.[1];
    if (size === undefined) throw broken("a chunk's size is malformed");
    this.#remaining = Number.parseInt(size, 16);
    this.#phase = this.#remaining === 0 ? "trailers" : "chunk-data";
  }

  #readChunkEnd(line: string): void {
    if (line !== "") throw broken("a chunk is longer than its size");
    this.#phase = "chunk-size";
  }

  /** Trailers are dropped: nobody asked for them (`TE` is not sent on). */
  #readTrailer(line: string, more: boolean): void {
    if (line === "") {
      this.#finish(more);
      return;
    }
    this.#trailerBytes += line.length;
    if (this.#trailerBytes > MAX_TRAILER_BYTES) throw broken("its trailers are too large");
  }

  #finish(surplus: boolean): void {
    this.#phase = "done";
    this.#sink.end(surplus);
  }
}
