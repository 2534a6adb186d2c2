import { isIP } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";

import { ExchangeError } from "../../http/exchange.ts";
import type { Destination } from "./connection-pool.ts";
import type { ConnectionSocket, SocketListener } from "./connection.ts";

/** By then nobody waits any more: a socket whose other side says nothing must not stay for ever. */
const HANDSHAKE_MILLISECONDS = 60_000;

/**
 * Open a TLS connection to `https://host:port`, or one over a unix socket. The certificate must be the origin's, whatever
 * `Host` will say; unless any is believed.
 *
 * @throws {ExchangeError} `unreachable`, with what is wrong with the certificate.
 */
export async function openSecureSocket(destination: Destination): Promise<ConnectionSocket> {
  try {
    return connectionSocket(await handshake(optionsOf(destination)));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "";
    const place = destination.socketPath ?? destination.origin;
    throw new ExchangeError("unreachable", `${place} cannot be connected to: ${reason}`, cause);
  }
}

async function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect(options);
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  socket.setTimeout(HANDSHAKE_MILLISECONDS, () => socket.destroy());
  socket.once("secureConnect", () => {
    socket.setTimeout(0);
    resolve(socket);
  });
  // Stays: an error after the handshake is followed by a close, which is what a connection hears.
  socket.on("error", (error) => {
    socket.destroy();
    reject(error);
  });
  socket.once("close", () => reject(new Error("the connection was closed")));
  return promise;
}

function optionsOf({ origin, socketPath, authorities, insecureSkipTlsVerify }: Destination): ConnectionOptions {
  const { hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, "");
  return {
    ...(socketPath === undefined ? { host, port: port === "" ? 443 : Number(port) } : { path: socketPath, host }),
    // RFC 6066 §3: an address is no server name. It is verified all the same.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(authorities === undefined || authorities.length === 0 ? {} : { ca: [...authorities] }),
    rejectUnauthorized: insecureSkipTlsVerify !== true,
    ALPNProtocols: ["http/1.1"],
  };
}

function connectionSocket(socket: TLSSocket): ConnectionSocket {
  socket.setNoDelay(true);
  socket.pause();
  return {
    attach: (listener) => listen(socket, listener),
    write: (data) => write(socket, data),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    terminate: () => void socket.destroy(),
  };
}

function listen(socket: TLSSocket, listener: SocketListener): void {
  // The type speaks of any memory, but what is read lies in memory of its own.
  socket.on("data", (data) => listener.received(data as Buffer<ArrayBuffer>));
  socket.on("drain", () => listener.drained());
  socket.on("close", () => listener.closed());
  if (socket.destroyed) queueMicrotask(() => listener.closed());
  socket.resume();
}

/** A stream takes everything and keeps it; so that the sender waits, nothing is taken while it is full. */
function write(socket: TLSSocket, data: Uint8Array | string): number {
  if (socket.writableNeedDrain) return 0;
  if (typeof data === "string") socket.write(data, "latin1");
  else socket.write(data);
  return data.length;
}
