import { AddressInUseError } from "./address-in-use-error.ts";
import { BunPeer } from "./bun-peer.ts";
import { type AnswerOptions, type HttpServer, startHttpServer } from "./http-server.ts";
import { nameOf } from "./listen-address.ts";

export interface ServeOptions extends AnswerOptions {
  /** Host name or IP address, without brackets. `0.0.0.0` and `::` = all. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

export interface RunningServer extends HttpServer {
  /** `http://host:port` without a trailing slash, with the port that was found; `https://…`, `unix:/path` or `fd:3` elsewhere. */
  readonly url: string;
}

/**
 * Listen on TCP for HTTP/1.1 and WebSockets.
 *
 * @throws {AddressInUseError} when the address is taken or not allowed.
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { host, port } = options;
  try {
    const server = await onAnyFamily(host, (hostname) =>
      startHttpServer({ hostname, port }, options, (running, request) => new BunPeer(running, request)),
    );
    return { ...server, url: `http://${nameOf({ kind: "tcp", host, port: server.port })}` };
  } catch (error) {
    throw listenError(nameOf({ kind: "tcp", host, port }), error);
  }
}

/** Where the kernel has no IPv6, all of IPv4 is all that `::` can mean. */
export async function onAnyFamily<T>(host: string, bind: (host: string) => T | Promise<T>): Promise<T> {
  try {
    return await bind(host);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (host !== "::" || (code !== "EAFNOSUPPORT" && code !== undefined)) throw error;
    return bind("0.0.0.0");
  }
}

/** The system's refusal of an address, with its name. */
export function listenError(name: string, error: unknown): AddressInUseError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return new AddressInUseError(name, code === "EADDRINUSE" ? "taken" : "refused", error);
}
