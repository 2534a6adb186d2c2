import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";

import { type AnswerOptions, type HttpServer, startHttpServer } from "../http-server.ts";
import { type ListenAddress, nameOf, systemPath } from "../listen-address.ts";
import { listenError, onAnyFamily, type RunningServer } from "../serve.ts";
import { withSocketFile } from "../serve-unix.ts";
import { type ListenerTls, readCertificate, secureContextOptions } from "./certificate.ts";
import { relayConnection } from "./relay-connection.ts";
import { RelayedPeers } from "./relayed-peers.ts";
import { watchCertificate } from "./watch-certificate.ts";

export interface RelayedOptions extends AnswerOptions {
  readonly address: ListenAddress;
  /** Absent = plain HTTP. */
  readonly tls?: ListenerTls;
}

/**
 * Listen where the runtime's server cannot: with a certificate that may be renewed, or on an inherited socket.
 *
 * @throws {AddressInUseError} when the address is taken or not allowed, or the descriptor is no listening socket.
 * @throws {CertificateError} when certificate and key cannot be used.
 */
export async function serveRelayed(options: RelayedOptions): Promise<RunningServer> {
  const { address, tls } = options;
  const peers = new RelayedPeers(tls !== undefined);
  const door = tls === undefined ? plainDoor() : await tlsDoor(tls, options);
  const server = startHttpServer({ hostname: "127.0.0.1", port: 0 }, options, (running, request) =>
    peers.peerOf(running, request),
  );
  let unix = address.kind === "unix";
  const clients = relayTo(door, { port: server.port, peers, isUnix: () => unix });
  try {
    await listen(door.acceptor, address);
    // What an inherited socket is, only the system knows, and only as long as it is open.
    if (address.kind === "fd") unix = isUnix(door.acceptor);
  } catch (error) {
    door.close();
    await server.stop(0);
    throw error;
  }
  door.acceptor.on("error", (error) => options.log.error("accepting failed", { error: String(error) }));
  const bound = boundAddress(door.acceptor, address);
  return {
    port: bound.kind === "tcp" ? bound.port : 0,
    url: `${schemeOf(bound, tls)}${nameOf(bound)}`,
    stop: (graceSeconds) => stop({ door, server, clients }, graceSeconds),
  };
}

/** Accepts connections, and hands them on when they may speak. */
interface Door {
  readonly acceptor: Server | TlsServer;
  readonly event: "connection" | "secureConnection";
  close(): void;
}

function plainDoor(): Door {
  const acceptor = createServer();
  return { acceptor, event: "connection", close: () => void acceptor.close() };
}

/** Who connects and says nothing is let go after it. */
const HANDSHAKE_MILLISECONDS = 10_000;

async function tlsDoor(tls: ListenerTls, { log }: RelayedOptions): Promise<Door> {
  const current = await readCertificate(tls);
  const acceptor = createTlsServer({
    ...secureContextOptions(tls, current),
    ALPNProtocols: ["http/1.1"],
    handshakeTimeout: HANDSHAKE_MILLISECONDS,
  });
  // Whoever cannot agree with us has been told so in TLS.
  acceptor.on("tlsClientError", (_error, socket) => socket.destroy());
  const stopWatching = watchCertificate(tls, { current, log, apply: (options) => acceptor.setSecureContext(options) });
  return {
    acceptor,
    event: "secureConnection",
    close: () => {
      stopWatching();
      acceptor.close();
    },
  };
}

function relayTo({ acceptor, event }: Door, target: Parameters<typeof relayConnection>[1]): ReadonlySet<Socket> {
  const clients = new Set<Socket>();
  acceptor.on(event, (client: Socket) => {
    clients.add(client);
    client.once("close", () => clients.delete(client));
    relayConnection(client, target);
  });
  return clients;
}

async function listen(acceptor: Server, address: ListenAddress): Promise<void> {
  if (address.kind === "unix") {
    return withSocketFile(address, () => bind(acceptor, { path: systemPath(address.path) }));
  }
  try {
    if (address.kind === "fd") await bind(acceptor, { fd: address.fd });
    else await onAnyFamily(address.host, (host) => bind(acceptor, { host, port: address.port }));
  } catch (error) {
    throw listenError(nameOf(address), error);
  }
}

function bind(
  acceptor: Server,
  place: { path: string } | { fd: number } | { host: string; port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    acceptor.once("error", reject);
    acceptor.listen(place, () => {
      acceptor.off("error", reject);
      resolve();
    });
  });
}

function isUnix(acceptor: Server): boolean {
  const found = acceptor.address();
  return found !== null && (typeof found === "string" || !("port" in found));
}

/** With the port that was found. */
function boundAddress(acceptor: Server, address: ListenAddress): ListenAddress {
  const found = acceptor.address();
  if (address.kind !== "tcp" || found === null || typeof found === "string") return address;
  return { ...address, port: found.port };
}

function schemeOf({ kind }: ListenAddress, tls: ListenerTls | undefined): string {
  if (kind !== "tcp") return "";
  return tls === undefined ? "http://" : "https://";
}

interface Running {
  readonly door: Door;
  readonly server: HttpServer;
  readonly clients: ReadonlySet<Socket>;
}

/** What was answered at the last moment still has to get through the relay. */
const FLUSH_MILLISECONDS = 1000;
const POLL_MILLISECONDS = 10;

async function stop({ door, server, clients }: Running, graceSeconds: number): Promise<void> {
  door.close();
  const deadline = performance.now() + graceSeconds * 1000;
  await server.stop(graceSeconds);
  const flushed = graceSeconds === 0 ? 0 : Math.max(deadline, performance.now() + FLUSH_MILLISECONDS);
  while (clients.size > 0 && performance.now() < flushed) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
  for (const client of clients) client.destroy();
}
