import type { Handler, Peer } from "../http/handler.ts";
import type { Log } from "../telemetry/log.ts";
import { isUpgraded, type SocketData, webSocketHandler } from "./bun-peer.ts";
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

/** What answers, whatever is listened on. */
export interface AnswerOptions {
  readonly handler: Handler;
  readonly log: Log;
  readonly limits?: Partial<ServeLimits>;
  /** Answers for a handler that threw. Default: a bare 500; what was thrown goes to the log. */
  readonly onError?: (error: unknown, request: Request) => Response;
}

export type BunServer = Bun.Server<SocketData>;

/** @returns undefined to refuse the request. */
export type PeerOf = (server: BunServer, request: Request) => Peer | undefined;

export interface HttpServer {
  /** 0 for a unix socket. */
  readonly port: number;
  /**
   * Stop accepting, let what is in flight finish, then close what is left.
   *
   * @param graceSeconds how long to wait; 0 = not at all.
   */
  stop(graceSeconds: number): Promise<void>;
}

/**
 * Start the runtime's server.
 * @throws what the system says when the place cannot be had.
 */
export function startHttpServer(
  place: { readonly hostname: string; readonly port: number } | { readonly unix: string },
  options: AnswerOptions,
  peerOf: PeerOf,
): HttpServer {
  const state: State = { draining: false };
  const { limits = {} } = options;
  const base = {
    development: false,
    maxRequestBodySize: limits.bodyBytes ?? Number.MAX_SAFE_INTEGER,
    fetch: fetchHandler(options, state, peerOf),
    error: (error: unknown) => serverError(options.log, error),
    websocket: webSocketHandler(limits.webSocketMessageBytes ?? 16 * 1024 * 1024),
  } as const;
  const timing = { idleTimeout: limits.idleSeconds ?? 75 };
  const server =
    "unix" in place
      ? // The types do not know that the runtime takes `idleTimeout` for unix sockets too.
        Bun.serve<SocketData>({ ...base, ...(timing as object), unix: place.unix })
      : Bun.serve<SocketData>({ ...base, ...timing, ...place, reusePort: false });
  return { port: server.port ?? 0, stop: (graceSeconds) => stop(server, state, graceSeconds) };
}

interface State {
  /** Answers say that the connection ends with them. */
  draining: boolean;
}

type Fetch = (request: Request, server: BunServer) => Response | undefined | Promise<Response | undefined>;

function fetchHandler(options: AnswerOptions, state: State, peerOf: PeerOf): Fetch {
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
    const peer = peerOf(server, request);
    if (peer === undefined) return new Response(null, { status: 400, headers: { Connection: "close" } });
    try {
      const response = handler(request, peer);
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

/** How often the end of what is in flight is looked for. */
const DRAIN_POLL_MILLISECONDS = 25;

async function stop(server: BunServer, state: State, graceSeconds: number): Promise<void> {
  state.draining = true;
  const deadline = performance.now() + graceSeconds * 1000;
  // The promise waits for idle connections too, which may never end by themselves.
  void server.stop();
  while (server.pendingRequests + server.pendingWebSockets > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MILLISECONDS));
  }
  await server.stop(true);
}
