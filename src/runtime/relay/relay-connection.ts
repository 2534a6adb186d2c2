import { connect, type Socket } from "node:net";

import { plainAddress } from "../bun-peer.ts";
import type { RelayedPeers } from "./relayed-peers.ts";

/** How long a client may take to notice that its connection has ended. */
const LINGER_MILLISECONDS = 5000;

export interface RelayTarget {
  /** Of the loopback address. */
  readonly port: number;
  readonly peers: RelayedPeers;
  /** The listener is a unix socket: its clients have no address. */
  readonly isUnix: () => boolean;
}

/** Carry the bytes of an accepted connection to our own server and back, until either side ends. */
export function relayConnection(client: Socket, { port, peers, isUnix }: RelayTarget): void {
  const address = isUnix() ? "" : plainAddress(client.remoteAddress ?? "");
  // It has hung up. Without an address it would pass for a unix socket's, which is trusted.
  if (address === "" && !isUnix()) {
    client.destroy();
    return;
  }
  const server = connect({ host: "127.0.0.1", port });
  let source: number | undefined;
  client.setNoDelay(true);
  server.setNoDelay(true);
  server.once("connect", () => {
    source = server.localPort;
    if (source === undefined || client.destroyed) {
      server.destroy();
      return;
    }
    peers.add(source, { address, port: client.remotePort });
    client.pipe(server);
    server.pipe(client);
  });
  // An error is followed by a close.
  client.on("error", () => server.destroy());
  server.on("error", () => client.destroy());
  client.once("close", () => server.destroy());
  server.once("close", () => {
    if (source !== undefined) peers.remove(source);
    endGently(client);
  });
}

/** Let what was answered arrive first. */
function endGently(client: Socket): void {
  if (client.destroyed) return;
  client.setTimeout(LINGER_MILLISECONDS, () => client.destroy());
  client.end();
}
