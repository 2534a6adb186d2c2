import { type Socket, connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { type ByteReader, SilentConnection, readBytes, readChunks } from "./byte-reader.ts";
import type { HeaderPair } from "./scenario.ts";
import { readTextFrame, textFrame } from "./websocket-frame.ts";

/** Where a URL leads, and what to write there. */
export interface Destination {
  readonly at: { readonly host: string; readonly port: number } | { readonly path: string };
  /** The request target as it stands in the URL: never tidied. */
  readonly target: string;
  readonly tls: boolean;
  readonly host: string;
}

export interface RawRequest {
  readonly to: Destination;
  readonly method: string;
  readonly headers: readonly HeaderPair[];
  readonly body: Buffer;
  readonly version?: string;
  /** A text to send once the connection has switched. */
  readonly websocket?: string;
  /** Seconds without a byte after which the answer is a `timeout`; default 30. */
  readonly timeout?: number;
}

export interface Answer {
  /** `closed` = the connection ended without an answer, `timeout` = nothing came. */
  readonly status: number | "closed" | "timeout";
  readonly headers: readonly HeaderPair[];
  readonly body: Buffer;
  /** Did the first chunk come well before the last? */
  readonly streamed: boolean;
}

/** Read `http://…`, `https://…` or `unix:PATH:TARGET`. */
export function destinationOf(url: string): Destination {
  if (url.startsWith("unix:")) {
    const [path = "", ...target] = url.slice("unix:".length).split(":");
    return { at: { path }, target: target.join(":") || "/", tls: false, host: "localhost" };
  }
  const [, scheme, host = "", target = ""] = /^(\w+):\/\/([^/?#\\]*)(.*)$/s.exec(url) ?? [];
  const tls = scheme === "https";
  const [, name = host, port = tls ? "443" : "80"] = /^(.*):([^:]*)$/.exec(host) ?? [];
  return { at: { host: name, port: Number(port) }, target: target || "/", tls, host };
}

/** Send one request byte for byte as given. Redirects are never followed, certificates never checked. */
export async function sendRequest(request: RawRequest): Promise<Answer> {
  const socket = open(request.to);
  socket.setTimeout((request.timeout ?? 30) * 1000);
  try {
    const reader = readBytes(socket);
    socket.write(Buffer.concat([Buffer.from(headOf(request)), request.body]));
    return await receive(reader, socket, request);
  } catch (error) {
    return unanswered(error instanceof SilentConnection ? "timeout" : "closed");
  } finally {
    socket.destroy();
  }
}

/** Values of all headers of a name, in order. */
export function valuesOf(answer: Answer, name: string): readonly string[] {
  return answer.headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

function open({ at, tls }: Destination): Socket {
  return tls ? connectTls({ ...at, servername: "localhost", rejectUnauthorized: false }) : connect(at);
}

function headOf({ method, to, version = "1.1", headers }: RawRequest): string {
  const lines = [`${method} ${to.target} HTTP/${version}`, ...headers.map((pair) => pair.join(": "))];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

async function receive(reader: ByteReader, socket: Socket, request: RawRequest): Promise<Answer> {
  const head = await readHead(reader);
  if (head === undefined) return unanswered("closed");
  const { status } = head;
  if (status === 101) {
    if (request.websocket === undefined) return { ...head, body: Buffer.alloc(0), streamed: false };
    socket.write(textFrame(request.websocket, true));
    return { ...head, body: Buffer.from(await readTextFrame(reader)), streamed: false };
  }
  if (request.method === "HEAD" || status === 204 || status === 304) {
    return { ...head, body: Buffer.alloc(0), streamed: false };
  }
  return { ...head, ...(await readBody(head.headers, reader)) };
}

type Head = Pick<Answer, "headers"> & { readonly status: number };

/** Read a status line and headers; interim answers are passed over. */
async function readHead(reader: ByteReader): Promise<Head | undefined> {
  for (;;) {
    const first = await reader.line();
    if (first === undefined) return undefined;
    const status = Number(first.split(" ")[1]);
    if (!Number.isInteger(status)) throw new Error(`not a status line: ${first}`);
    const headers: HeaderPair[] = [];
    for (let line = await reader.line(); line; line = await reader.line()) headers.push(parseHeader(line));
    if (status >= 200 || status === 101) return { status, headers };
  }
}

function parseHeader(line: string): HeaderPair {
  const [name = "", ...value] = line.split(":");
  return [name, Buffer.from(value.join(":").trim(), "latin1").toString("utf8")];
}

async function readBody(
  headers: readonly HeaderPair[],
  reader: ByteReader,
): Promise<Pick<Answer, "body" | "streamed">> {
  const find = (name: string): string => headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? "";
  if (find("transfer-encoding").toLowerCase().includes("chunked")) return readStream(reader);
  const length = find("content-length");
  return { body: length === "" ? await reader.rest() : await reader.bytes(Number(length)), streamed: false };
}

async function readStream(reader: ByteReader): Promise<Pick<Answer, "body" | "streamed">> {
  const started = performance.now();
  const chunks: Buffer[] = [];
  let first = started;
  for await (const chunk of readChunks(reader)) {
    if (chunks.length === 0) first = performance.now();
    chunks.push(chunk);
  }
  // The fake upstream's two chunks are 2.5 s apart.
  const isEarly = first - started < 1900 && performance.now() - first > 1000;
  return { body: Buffer.concat(chunks), streamed: chunks.length > 1 && isEarly };
}

function unanswered(status: "closed" | "timeout"): Answer {
  return { status, headers: [], body: Buffer.alloc(0), streamed: false };
}
