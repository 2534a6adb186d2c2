import type { Handler } from "../http/handler.ts";
import type { Log } from "../telemetry/log.ts";
import { AddressInUseError } from "./address-in-use-error.ts";
import { BunPeer, isUpgraded, type SocketData, webSocketHandler } from "./bun-peer.ts";
import { refuseRequest } from "./refuse-request.ts";

/**
 * Bounds of a listener. The header block has one more, for the whole process, 32 KiB (431 above it), which the parser takes from the
 * command line: `--max-http-header-size=32768`. The header
 * block must have arrived 10 to 12 seconds after its connection or the previous answer, a bound of the parser's own.
 */
export interface ServeLimits {
  /** Silence after which a connection is closed, between and during requests. 1 to 255, default 75: longer than gateways keep theirs. */
  readonly idleSeconds: number;
  /** Request bodies that are streamed on have no limit; a handler that collects one sets its own. Default unlimited. */
  readonly bodyBytes: number;
  /** One WebSocket message. Default 16 MiB; a longer one closes the connection with 1009. */
  readonly webSocketMessageBytes: number;
}

export interface ServeOptions {
  /** Host name or IP address, without brackets. `0.0.0.0` and `::` = all. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly handler: Handler;
  readonly log: Log;
  readonly limits?: Partial<ServeLimits>;
  /** Answers for a handler that threw. Default: a bare 500; what was thrown goes to the log. */
  readonly onError?: (error: unknown, request: Request) => Response;
}

export interface RunningServer {
  readonly port: number;
  /** `http://host:port` without a trailing slash, with the port that was found. */
  readonly url: string;
  /**
   * Stop accepting, let what is in flight finish, then close what is left.
   *
   * @param graceSeconds how long to wait; 0 = not at all.
   */
  stop(graceSeconds: number): Promise<void>;
}

/**
 * Listen for HTTP/1.1 and WebSockets.
 *
 * @throws {AddressInUseError} when the address is taken or not allowed.
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const state: State = { draining: false };
  const server = listen(options, state);
  const port = server.port ?? options.port;
  return {
    port,
    url: `http://${hostAndPort(options.host, port)}`,
    stop: (graceSeconds) => stop(server, state, graceSeconds),
  };
}

interface State {
  /** Answers say that the connection ends with them. */
  draining: boolean;
}

type Server = Bun.Server<SocketData>;

function listen(options: ServeOptions, state: State): Server {
  const { limits = {} } = options;
  try {
    return Bun.serve<SocketData>({
      hostname: options.host,
      port: options.port,
      development: false,
      reusePort: false,
      idleTimeout: limits.idleSeconds ?? 75,
      maxRequestBodySize: limits.bodyBytes ?? Number.MAX_SAFE_INTEGER,
      fetch: fetchHandler(options, state),
      error: (error) => serverError(options.log, error),
      websocket: webSocketHandler(limits.webSocketMessageBytes ?? 16 * 1024 * 1024),
    });
  } catch (error) {
    throw listenError(options, error);
  }
}

type Fetch = (request: Request, server: Server) => Response | undefined | Promise<Response | undefined>;

function fetchHandler(options: ServeOptions, state: State): Fetch {
  const { handler } = options;
  const finish = (response: Response): Response | undefined => {
    if (isUpgraded(response)) return undefined;
    // RFC 9110 §15.5.9: whoever was too slow may go on sending.
    if (state.draining || response.status === 408) response.headers.set("Connection", "close");
    return response;
  };
  const fail = (error: unknown, request: Request): Response => {
    if (options.onError !== undefined) return options.onError(error, request);
    options.log.error("handler failed", { error: String(error) });
    return new Response(null, { status: 500 });
  };
  return (request, server) => {
    const refusal = refuseRequest(request);
    if (refusal !== undefined) return refusal;
    try {
      const response = handler(request, new BunPeer(server, request));
      return response instanceof Promise
        ? response.catch((error: unknown) => fail(error, request)).then(finish)
        : finish(response);
    } catch (error) {
      return finish(fail(error, request));
    }
  };
}

function serverError(log: Log, error: unknown): Response {
  log.error("server failed", { error: String(error) });
  return new Response(null, { status: 500 });
}

function listenError({ host, port }: ServeOptions, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return new AddressInUseError(hostAndPort(host, port), "taken", error);
  if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "EPERM") {
    return new AddressInUseError(hostAndPort(host, port), "refused", error);
  }
  return error;
}

function hostAndPort(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** How often the end of what is in flight is looked for. */
const DRAIN_POLL_MILLISECONDS = 25;

async function stop(server: Server, state: State, graceSeconds: number): Promise<void> {
  state.draining = true;
  const deadline = performance.now() + graceSeconds * 1000;
  // The promise waits for idle connections too, which may never end by themselves.
  void server.stop();
  while (server.pendingRequests + server.pendingWebSockets > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MILLISECONDS));
  }
  await server.stop(true);
}
