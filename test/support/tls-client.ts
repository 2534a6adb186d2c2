import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";

/** A TLS connection that keeps what it hears. */
export interface TlsClient {
  /** Common name of the certificate that was shown. */
  readonly name: string;
  readonly protocol: string;
  readonly cipher: string;
  /** Chosen application protocol; empty = none. */
  readonly alpn: string;
  send(text: string): void;
  /** Everything heard so far, one character a byte. */
  heard(): string;
  readonly ended: Promise<void>;
  close(): void;
}

/** Connect and believe whoever answers. Rejects when there is no agreement. */
export async function connectTls(port: number, options: ConnectionOptions = {}): Promise<TlsClient> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let heard = "";
  socket.on("data", (data) => (heard += data.toString("latin1")));
  socket.once("close", () => end());
  await secured(socket);
  return {
    name: String(socket.getPeerCertificate().subject.CN),
    protocol: socket.getProtocol() ?? "",
    cipher: socket.getCipher().name,
    alpn: socket.alpnProtocol === false ? "" : (socket.alpnProtocol ?? ""),
    send: (text) => void socket.write(text, "latin1"),
    heard: () => heard,
    ended,
    close: () => void socket.destroy(),
  };
}

function secured(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed before TLS was agreed on")));
  });
}
