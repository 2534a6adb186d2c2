import type { UpstreamConfiguration } from "../../config/configuration.ts";
import { type Exchange, ExchangeError, type IncomingResponse, type OutgoingRequest } from "../../http/exchange.ts";
import type { Peer } from "../../http/handler.ts";
import type { ConnectWebSocket } from "../../http/web-socket-connection.ts";
import type { Clock } from "../../protocol/clock.ts";
import { PublicError } from "../../protocol/public-error.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { createDroppedHeaders } from "./dropped-headers.ts";
import { forwardWebSocket, isWebSocketHandshake } from "./forward-web-socket.ts";
import { type ForwardedFacts, requestHeaders, type RequestHeaderRules } from "./request-headers.ts";
import { clientResponse } from "./response.ts";
import { upstreamError } from "./upstream-error.ts";

export interface UpstreamDeps {
  readonly exchange: Exchange;
  readonly connectWebSocket: ConnectWebSocket;
  readonly log: Log;
  readonly metrics: Pick<Metrics, "upstream" | "request">;
  readonly clock: Clock;
}

/** What was decided about a request, and what goes with it. */
export interface ForwardContext extends ForwardedFacts {
  /** Path and query exactly as decided about: sent unchanged. */
  readonly target: string;
  /** `Set-Cookie` values to send along with the answer. */
  readonly setCookies: readonly string[];
  /** Ends a WebSocket; absent = a public place. */
  readonly session?: {
    /** Absolute end, seconds since the epoch; 0 = none. */
    readonly expiresAt: number;
    /** Tell when it has ended in this process. @returns stop listening. */
    readonly onEnd: (listener: () => void) => () => void;
  };
}

/** One application behind the reverse proxy. */
export interface Upstream {
  /**
   * Send a request on and answer what came back: HTTP with bodies streamed both ways, server-sent events, WebSockets.
   *
   * @throws {PublicError} 502 or 504 when the upstream does not answer, 403 for a WebSocket from another site, 400 for a
   * GET or HEAD with a body, which the server in front of us does not hand over.
   */
  forward(request: Request, peer: Peer, context: ForwardContext): Promise<Response>;
}

/** What {@link createUpstream} binds, for those who forward. */
export interface BoundUpstream extends UpstreamDeps {
  readonly configuration: UpstreamConfiguration;
  readonly headerRules: RequestHeaderRules;
  readonly onBreak: (error: ExchangeError) => void;
}

export function createUpstream(deps: UpstreamDeps, configuration: UpstreamConfiguration): Upstream {
  const headerRules: RequestHeaderRules = {
    isDropped: createDroppedHeaders(),
    ...(configuration.passHost ? {} : { host: new URL(configuration.origin).host }),
  };
  const { origin } = configuration;
  const onBreak = (error: ExchangeError): void => {
    deps.metrics.upstream(origin, error.code);
    deps.log.warn("upstream broke off its answer", { upstream: origin, error: error.message });
  };
  const bound: BoundUpstream = { ...deps, configuration, headerRules, onBreak };
  return {
    forward: (request, peer, context) =>
      isWebSocketHandshake(request)
        ? forwardWebSocket(bound, { request, peer, context })
        : forwardHttp(bound, { request, peer, context }),
  };
}

/** One request to forward. */
export interface Forwarding {
  readonly request: Request;
  readonly peer: Peer;
  readonly context: ForwardContext;
}

/** A listener closes silent connections; while an upstream thinks, or a stream is quiet, ours may be silent this long. */
const STREAM_IDLE_SECONDS = 255;
/** Shorter waits than this need no leave. */
const NORMAL_IDLE_SECONDS = 60;

async function forwardHttp(upstream: BoundUpstream, { request, peer, context }: Forwarding): Promise<Response> {
  const { configuration, metrics } = upstream;
  const { origin, timeoutSeconds } = configuration;
  if (timeoutSeconds > NORMAL_IDLE_SECONDS) peer.allowIdle?.(timeoutSeconds + 15);
  let incoming: IncomingResponse;
  try {
    incoming = await upstream.exchange(outgoing(upstream, request, context));
  } catch (error) {
    return noAnswer(upstream, error);
  }
  metrics.upstream(origin, "answered");
  metrics.request("application", incoming.status);
  if (incoming.body instanceof ReadableStream) peer.allowIdle?.(STREAM_IDLE_SECONDS);
  const { ownCookieNames, setCookies } = context;
  return clientResponse(incoming, { method: request.method, ownCookieNames, setCookies });
}

function outgoing(upstream: BoundUpstream, request: Request, context: ForwardContext): OutgoingRequest {
  const { configuration, headerRules } = upstream;
  const { method } = request;
  const body = bodyOf(request);
  return {
    origin: configuration.origin,
    method,
    target: context.target,
    headers: requestHeaders(headerRules, request.headers, context),
    ...body,
    timeoutSeconds: configuration.timeoutSeconds,
    client: request,
    onBreak: upstream.onBreak,
  };
}

function bodyOf(request: Request): Pick<OutgoingRequest, "body" | "bodyLength"> {
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

function noAnswer({ configuration, metrics }: BoundUpstream, error: unknown): Response {
  if (!(error instanceof ExchangeError)) throw error;
  metrics.upstream(configuration.origin, error.code);
  // Nobody reads it. 499 is what nginx logs for a client that has gone.
  if (error.code === "aborted") return new Response(null, { status: 499 });
  throw upstreamError(error, configuration.origin);
}
