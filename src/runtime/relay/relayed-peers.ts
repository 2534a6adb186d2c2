import { BunPeer } from "../bun-peer.ts";
import type { BunServer } from "../http-server.ts";

const LOOPBACK = "127.0.0.1";

/** The peer of a request whose connection was accepted elsewhere. */
class RelayedPeer extends BunPeer {
  readonly secure: boolean;
  readonly #address: string;

  constructor(server: BunServer, request: Request, accepted: { readonly address: string; readonly secure: boolean }) {
    super(server, request);
    this.secure = accepted.secure;
    this.#address = accepted.address;
  }

  override address(): string {
    return this.#address;
  }
}

/** Whose connection each of our loopback connections stands for. */
export class RelayedPeers {
  readonly #addresses = new Map<number, string>();
  readonly #secure: boolean;

  /** @param secure the connections came over TLS. */
  constructor(secure: boolean) {
    this.#secure = secure;
  }

  /**
   * @param port the loopback connection's own port.
   * @param address the client's; empty = a unix socket.
   */
  add(port: number, address: string): void {
    this.#addresses.set(port, address);
  }

  remove(port: number): void {
    this.#addresses.delete(port);
  }

  /** @returns undefined for a connection that was not made here: whoever it is, they are no client. */
  peerOf(server: BunServer, request: Request): RelayedPeer | undefined {
    const source = server.requestIP(request);
    if (source?.address !== LOOPBACK) return undefined;
    const address = this.#addresses.get(source.port);
    return address === undefined ? undefined : new RelayedPeer(server, request, { address, secure: this.#secure });
  }
}
