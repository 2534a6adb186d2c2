import { BunPeer } from "../bun-peer.ts";
import type { BunServer } from "../http-server.ts";

const LOOPBACK = "127.0.0.1";

/** Who is on the other side of an accepted connection. */
export interface RelayedClient {
  /** Empty = a unix socket. */
  readonly address: string;
  readonly port: number | undefined;
}

/** The peer of a request whose connection was accepted elsewhere. */
class RelayedPeer extends BunPeer {
  readonly secure: boolean;
  readonly #client: RelayedClient;

  constructor(
    server: BunServer,
    request: Request,
    accepted: { readonly client: RelayedClient; readonly secure: boolean },
  ) {
    super(server, request);
    this.secure = accepted.secure;
    this.#client = accepted.client;
  }

  override address(): string {
    return this.#client.address;
  }

  override port(): number | undefined {
    return this.#client.port;
  }
}

/** Whose connection each of our loopback connections stands for. */
export class RelayedPeers {
  readonly #clients = new Map<number, RelayedClient>();
  readonly #secure: boolean;

  /** @param secure the connections came over TLS. */
  constructor(secure: boolean) {
    this.#secure = secure;
  }

  /** @param port the loopback connection's own port. */
  add(port: number, client: RelayedClient): void {
    this.#clients.set(port, client);
  }

  remove(port: number): void {
    this.#clients.delete(port);
  }

  /** @returns undefined for a connection that was not made here: whoever it is, they are no client. */
  peerOf(server: BunServer, request: Request): RelayedPeer | undefined {
    const source = server.requestIP(request);
    if (source?.address !== LOOPBACK) return undefined;
    const client = this.#clients.get(source.port);
    return client === undefined ? undefined : new RelayedPeer(server, request, { client, secure: this.#secure });
  }
}
