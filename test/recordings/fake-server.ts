import { rmSync } from "node:fs";
import { STATUS_CODES } from "node:http";
import { type Server, type Socket, createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { type ByteReader, readBytes, readChunks } from "./byte-reader.ts";
import type { HeaderPair } from "./scenario.ts";

/** A request as it arrived: target, header names and order untouched. */
export interface FakeRequest {
  readonly method: string;
  readonly target: string;
  /** The target before its `?`, as it stands. */
  readonly path: string;
  readonly query: string;
  readonly headers: readonly HeaderPair[];
  readonly body: Buffer;
}

export interface FakeReply {
  readonly status: number;
  readonly headers?: readonly HeaderPair[];
  readonly body?: string;
}

/** Takes the connection over; it ends when this is done. */
export type Takeover = (socket: Socket, reader: ByteReader) => Promise<void>;

export type FakeApplication = (request: FakeRequest) => FakeReply | Takeover | Promise<FakeReply | Takeover>;

export interface FakeServer {
  stop(): void;
}

/** Where to listen: a port of 127.0.0.1, with TLS when there is a certificate, or the path of a unix socket. */
export interface Listen {
  readonly port?: number;
  readonly path?: string;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** An HTTP/1.1 server that shows requests byte for byte and adds nothing of its own to answers. RFC 9112 */
export async function startFakeServer(application: FakeApplication, listen: Listen): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A client that goes away is no news.
    void serve(socket, application).catch(() => socket.destroy());
  };
  const server: Server = listen.tls === undefined ? createServer(accept) : createTlsServer(listen.tls, accept);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    if (listen.path === undefined) server.listen(listen.port, "127.0.0.1", resolve);
    else server.listen(listen.path, resolve);
  });
  return {
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      if (listen.path !== undefined) rmSync(listen.path, { force: true });
    },
  };
}

/** The value of the first header of a name, empty when there is none. */
export function headerOf(headers: readonly HeaderPair[], name: string): string {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? "";
}

/** A JSON answer. */
export function json(status: number, value: unknown): FakeReply {
  return { status, headers: [["Content-Type", "application/json"]], body: JSON.stringify(value) };
}

async function serve(socket: Socket, application: FakeApplication): Promise<void> {
  const reader = readBytes(socket);
  for (;;) {
    const request = await readRequest(socket, reader);
    if (request === undefined) break;
    const reply = await application(request);
    if (typeof reply === "function") {
      await reply(socket, reader);
      break;
    }
    socket.write(render(request.method, reply));
    if (headerOf(request.headers, "connection").toLowerCase() === "close") break;
  }
  socket.end();
}

async function readRequest(socket: Socket, reader: ByteReader): Promise<FakeRequest | undefined> {
  const [method, target] = ((await reader.line()) ?? "").split(" ");
  if (method === undefined || target === undefined) return undefined;
  const headers: HeaderPair[] = [];
  for (let line = await reader.line(); line; line = await reader.line()) headers.push(parseHeader(line));
  if (headerOf(headers, "expect").toLowerCase() === "100-continue") socket.write("HTTP/1.1 100 Continue\r\n\r\n");
  const [path = "", ...query] = target.split("?");
  return { method, target, path, query: query.join("?"), headers, body: await readBody(headers, reader) };
}

function parseHeader(line: string): HeaderPair {
  const colon = line.indexOf(":");
  const value = Buffer.from(line.slice(colon + 1), "latin1").toString("utf8");
  return [line.slice(0, colon), value.replace(/^[ \t]+/, "")];
}

async function readBody(headers: readonly HeaderPair[], reader: ByteReader): Promise<Buffer> {
  if (!headerOf(headers, "transfer-encoding").includes("chunked")) {
    return reader.bytes(Number(headerOf(headers, "content-length") || 0));
  }
  const chunks: Buffer[] = [];
  for await (const chunk of readChunks(reader)) chunks.push(chunk);
  while (await reader.line());
  return Buffer.concat(chunks);
}

function render(method: string, { status, headers = [], body = "" }: FakeReply): string {
  const isBare = status === 204 || status === 304;
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, ...headers.map((pair) => pair.join(": "))];
  if (!isBare) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return `${lines.join("\r\n")}\r\n\r\n${isBare || method === "HEAD" ? "" : body}`;
}
