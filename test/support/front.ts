import { withErrorResponses } from "../../src/http/error-response.ts";
import type { Handler } from "../../src/http/handler.ts";
import { pathAndQueryOf } from "../../src/http/request-target.ts";
import { type ForwardContext, createUpstream } from "../../src/proxy/upstream/upstream.ts";
import { connectWebSocket } from "../../src/runtime/connect-web-socket.ts";
import { createHttpClient } from "../../src/runtime/http-client/create-http-client.ts";
import type { ServeLimits } from "../../src/runtime/http-server.ts";
import { type RunningServer, serve } from "../../src/runtime/serve.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { createMetrics } from "../../src/telemetry/create-metrics.ts";

export interface Front extends RunningServer {
  /** Log lines so far. */
  readonly lines: readonly string[];
  readonly metrics: () => string;
}

export interface FrontOptions {
  readonly context?: Partial<ForwardContext>;
  readonly timeoutSeconds?: number;
  readonly passHost?: boolean;
  readonly limits?: Partial<ServeLimits>;
}

/** The reverse proxy's transport on a port, behind a gate that lets everybody pass. */
export async function startFront(origin: string, options: FrontOptions = {}): Promise<Front> {
  const lines: string[] = [];
  const log = createLog({ format: "json", level: "debug", write: (line) => lines.push(line) });
  const metrics = createMetrics();
  const client = createHttpClient();
  const upstream = createUpstream(
    { exchange: client.exchange, connectWebSocket, log, metrics, clock: () => Date.now() / 1000 },
    { origin, timeoutSeconds: options.timeoutSeconds ?? 10, passHost: options.passHost ?? true },
  );
  const handler: Handler = (request, peer) =>
    upstream.forward(request, peer, {
      target: pathAndQueryOf(request),
      identityHeaders: [
        ["X-Forwarded-User", "alice"],
        ["X-Forwarded-Email", "alice@example.com"],
      ],
      clientAddress: peer.address(),
      scheme: "http",
      ownCookieNames: (name) => name.startsWith("gatehouse_"),
      setCookies: [],
      ...options.context,
    });
  const renderPage = (_request: Request, page: { status: number; code: string }): Response =>
    new Response(page.code, { status: page.status });
  const server = await serve({
    host: "127.0.0.1",
    port: 0,
    handler: withErrorResponses({ log, renderPage }, handler),
    log,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  return {
    ...server,
    lines,
    metrics: metrics.render,
    stop: async (seconds) => (await server.stop(seconds), client.close()),
  };
}
