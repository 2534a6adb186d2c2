import type { AnswerOptions } from "./http-server.ts";
import type { ListenAddress } from "./listen-address.ts";
import type { ListenerTls } from "./relay/certificate.ts";
import { type RunningServer, serve } from "./serve.ts";

/** The configuration's `Listener`. */
export interface Listener {
  readonly address: ListenAddress;
  /** Absent = plain HTTP. */
  readonly tls?: ListenerTls;
}

/**
 * Listen on whatever a listener may be.
 *
 * @throws {AddressInUseError} when the address cannot be had.
 * @throws {CertificateError} when certificate and key cannot be used.
 */
export async function serveListener({ address, tls }: Listener, options: AnswerOptions): Promise<RunningServer> {
  if (tls === undefined && address.kind === "tcp") return serve({ ...options, host: address.host, port: address.port });
  if (tls === undefined && address.kind === "unix") {
    const { serveUnix } = await import("./serve-unix.ts");
    return serveUnix(address, options);
  }
  const { serveRelayed } = await import("./relay/serve-relayed.ts");
  return serveRelayed({ ...options, address, ...(tls === undefined ? {} : { tls }) });
}
