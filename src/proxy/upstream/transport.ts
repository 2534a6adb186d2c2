import {
  type Exchange,
  ExchangeError,
  type HeaderField,
  type IncomingResponse,
  type OutgoingRequest,
} from "../../http/exchange.ts";
import type { Peer } from "../../http/handler.ts";
import type { ConnectWebSocket } from "../../http/web-socket-connection.ts";
import type { Clock } from "../../protocol/clock.ts";
import { PublicError } from "../../protocol/public-error.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { forwardWebSocket, isWebSocketHandshake } from "./forward-web-socket.ts";
import { clientResponse } from "./response.ts";
import { upstreamError } from "./upstream-error.ts";

export interface UpstreamDeps {
  readonly exchange: Exchange;
  readonly connectWebSocket: ConnectWebSocket;
  readonly log: Log;
  readonly metrics: Pick<Metrics, "upstream" | "request">;
  readonly clock: Clock;
}

/** Where an upstream is, and how to talk to it. */
export interface TransportConfiguration extends Pick<
  OutgoingRequest,
  "socketPath" | "authorities" | "insecureSkipTlsVerify" | "disableKeepAlives"
> {
  /** `http://host:port` or `https://host:port`, without a path. */
  readonly origin: string;
  /** Wait for the response's head. */
  readonly timeoutSeconds: number;
  /** false: a WebSocket handshake is sent on as the plain request it also is. Default true. */
  readonly webSockets?: boolean;
}

/** What goes to the upstream for a client's request, and with the answer back. */
export interface Sending {
  /** Path and query, sent unchanged. */
  readonly target: string;
  /** With `Host`, without the framing. */
  readonly headers: readonly HeaderField[];
  /** Instead of the request's body, when that has been read already. */
  readonly body?: Uint8Array<ArrayBuffer>;
  /** Cookies the upstream must not set: they are ours. */
  readonly ownCookieNames: (name: string) => boolean;
  /** `Set-Cookie` values to send along with the answer. */
  readonly setCookies: readonly string[];
  /** Fields to send along with the answer, before the upstream's. Absent = none. */
  readonly responseHeaders?: readonly HeaderField[];
  /** Is this a page's origin that may open a WebSocket? */
  readonly allowsOrigin: (origin: string) => boolean;
  /** Ends a WebSocket; absent = a public place. */
  readonly session?: SessionEnd;
}

/** How to hear of a session's end. */
export interface SessionEnd {
  /** Absolute end, seconds since the epoch; 0 = none. */
  readonly expiresAt: number;
  /** Tell when it has ended in this process. @returns stop listening. */
  readonly onEnd: (listener: () => void) => () => void;
}

/** One request to forward. */
export interface Forwarding {
  readonly request: Request;
  readonly peer: Peer;
  readonly sending: Sending;
}

/** The way to one upstream. */
export interface Transport {
  /**
   * Send a request on and answer what came back: HTTP with bodies streamed both ways, server-sent events, WebSockets.
   *
   * @throws {PublicError} `upstream_unreachable` (502) or `upstream_timeout` (504) when the upstream does not answer, 403 for a
   * WebSocket from another site, 400 for a GET or HEAD with a body, which the server in front of us does not hand over.
   */
  forward(forwarding: Forwarding): Promise<Response>;
}

/** What {@link createTransport} binds, for those who forward. */
export interface BoundTransport extends UpstreamDeps {
  readonly configuration: TransportConfiguration;
  readonly onBreak: (error: ExchangeError) => void;
}

export function createTransport(deps: UpstreamDeps, configuration: TransportConfiguration): Transport {
  const { origin, webSockets = true } = configuration;
  const onBreak = (error: ExchangeError): void => {
    deps.metrics.upstream(origin, error.code);
    deps.log.warn("upstream broke off its answer", { upstream: origin, error: error.message });
  };
  const bound: BoundTransport = { ...deps, configuration, onBreak };
  return {
    forward: (forwarding) =>
      webSockets && isWebSocketHandshake(forwarding.request)
        ? forwardWebSocket(bound, forwarding)
        : forwardHttp(bound, forwarding),
  };
}

/** A listener closes silent connections; while an upstream thinks, or a stream is quiet, ours may be silent this long. */
const STREAM_IDLE_SECONDS = 255;
/** Shorter waits than this need no leave. */
const NORMAL_IDLE_SECONDS = 60;

async function forwardHttp(transport: BoundTransport, { request, peer, sending }: Forwarding): Promise<Response> {
  const { configuration, metrics } = transport;
  const { origin, timeoutSeconds } = configuration;
  if (timeoutSeconds > NORMAL_IDLE_SECONDS) peer.allowIdle?.(timeoutSeconds + 15);
  let incoming: IncomingResponse;
  try {
    incoming = await transport.exchange(outgoing(transport, request, sending));
  } catch (error) {
    return noAnswer(transport, error);
  }
  metrics.upstream(origin, "answered");
  metrics.request("application", incoming.status);
  if (incoming.body instanceof ReadableStream) peer.allowIdle?.(STREAM_IDLE_SECONDS);
  return clientResponse(incoming, request.method, sending);
}

function outgoing(transport: BoundTransport, request: Request, sending: Sending): OutgoingRequest {
  const { target, headers } = sending;
  const { webSockets: _, ...connection } = transport.configuration;
  return {
    ...connection,
    method: request.method,
    target,
    headers,
    ...bodyOf(request, sending),
    client: request,
    onBreak: transport.onBreak,
  };
}

function bodyOf(request: Request, { body: read }: Sending): Pick<OutgoingRequest, "body" | "bodyLength"> {
  if (read !== undefined) return { body: new Blob([read]).stream(), bodyLength: read.length };
  const { method, headers } = request;
  if (method === "GET" || method === "HEAD") {
    refuseBody(headers);
    return {};
  }
  const { body } = request;
  if (body === null) return {};
  const length = headers.get("content-length");
  return length === null ? { body } : { body, bodyLength: Number(length) };
}

/** It has been read and thrown away by now: going on without it would forward something else than was sent. */
function refuseBody(headers: Headers): void {
  if ((headers.get("content-length") ?? "0") === "0" && !headers.has("transfer-encoding")) return;
  const publicMessage = "A GET request with a body cannot be forwarded.";
  throw new PublicError({ status: 400, code: "body_not_supported", publicMessage });
}

function noAnswer({ configuration, metrics }: BoundTransport, error: unknown): Response {
  if (!(error instanceof ExchangeError)) throw error;
  metrics.upstream(configuration.origin, error.code);
  // Nobody reads it. 499 is what nginx logs for a client that has gone.
  if (error.code === "aborted") return new Response(null, { status: 499 });
  throw upstreamError(error, configuration.origin);
}
