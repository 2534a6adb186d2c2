import type {
  OAuth2ProxyUpstream,
  HttpUpstreamTarget,
  OAuth2ProxyConfiguration,
} from "../../src/config/oauth2-proxy-configuration.ts";
import { pathAndQueryOf } from "../../src/http/request-target.ts";
import type { Handler, Peer } from "../../src/http/handler.ts";
import {
  createOAuth2ProxyUpstreams,
  type OAuth2ProxyUpstreamsDeps,
} from "../../src/proxy/oauth2-proxy/upstreams/create-upstreams.ts";
import type { UpstreamContext } from "../../src/proxy/oauth2-proxy/upstreams/upstream-request.ts";
import { connectWebSocket } from "../../src/runtime/connect-web-socket.ts";
import { createHttpClient } from "../../src/runtime/http-client/create-http-client.ts";
import { type RunningServer, serve } from "../../src/runtime/serve.ts";
import type { Session } from "../../src/session/session.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { createMetrics } from "../../src/telemetry/create-metrics.ts";

export const ALICE: Session = {
  id: "1",
  connectorId: "oidc",
  identity: {
    userId: "alice-sub",
    username: "Alice",
    preferredUsername: "alice.w",
    email: "alice@example.com",
    emailVerified: true,
    groups: ["admins", "dev"],
  },
  tokens: { accessToken: "at", idToken: "it" },
  createdAt: 1_785_000_000,
  refreshedAt: 1_785_000_000,
  expiresAt: 0,
};

export interface UpstreamsFrontOptions extends Partial<Pick<OAuth2ProxyConfiguration, "requestHeaders" | "signature">> {
  readonly proxyRawPath?: boolean;
  readonly upstreams: readonly Partial<OAuth2ProxyUpstream>[];
  readonly deps?: Partial<OAuth2ProxyUpstreamsDeps>;
  readonly context?: Partial<UpstreamContext>;
  /** Nobody is signed in. */
  readonly anonymous?: boolean;
  readonly peerAddress?: string;
}

export interface UpstreamsFront extends RunningServer {
  readonly lines: readonly string[];
  readonly metrics: () => string;
}

/** An application over HTTP with the original's defaults. */
export function http(origin: string, options: Partial<HttpUpstreamTarget> = {}): HttpUpstreamTarget {
  return {
    kind: "http",
    origin,
    insecureSkipTlsVerify: false,
    passHostHeader: true,
    proxyWebSockets: true,
    timeoutSeconds: 10,
    disableKeepAlives: false,
    ...options,
  };
}

/** The upstreams of the drop-in on a port, behind a door that lets everybody pass as Alice. */
export async function startUpstreamsFront(options: UpstreamsFrontOptions): Promise<UpstreamsFront> {
  const lines: string[] = [];
  const log = createLog({ format: "json", level: "debug", write: (line) => lines.push(line) });
  const metrics = createMetrics();
  const client = createHttpClient();
  const upstreams = createOAuth2ProxyUpstreams(
    {
      exchange: client.exchange,
      connectWebSocket,
      log,
      metrics,
      clock: () => Date.now() / 1000,
      errorPage: (_request, { status, message }) => new Response(`page: ${message}`, { status }),
      ownCookieNames: (name) => name.startsWith("_oauth2_proxy"),
      sessions: { onEnd: () => () => undefined },
      trustedProxyRanges: [],
      trustsOrigin: () => false,
      ...options.deps,
    },
    {
      proxyRawPath: options.proxyRawPath ?? false,
      upstreams: options.upstreams.map((upstream, index) => ({
        id: String(index),
        path: "/",
        target: { kind: "static", status: 200 },
        ...upstream,
      })),
      requestHeaders: options.requestHeaders ?? [],
      ...(options.signature === undefined ? {} : { signature: options.signature }),
    },
  );
  const handler: Handler = (request, peer) =>
    upstreams.handle(request, peerOf(peer, options.peerAddress), {
      ...(options.anonymous === true ? {} : { session: ALICE }),
      target: pathAndQueryOf(request),
      responseHeaders: [["GAP-Auth", "alice@example.com"]],
      setCookies: [],
      scheme: "http",
      host: request.headers.get("host") ?? "",
      requestId: "request-1",
      onUpstream: () => undefined,
      ...options.context,
    });
  const server = await serve({ host: "127.0.0.1", port: 0, handler, log });
  return {
    ...server,
    lines,
    metrics: metrics.render,
    stop: async (seconds) => (await server.stop(seconds), client.close()),
  };
}

function peerOf(peer: Peer, address: string | undefined): Peer {
  if (address === undefined) return peer;
  return {
    address: () => address,
    allowIdle: (seconds) => peer.allowIdle?.(seconds),
    upgrade: (...taking) => peer.upgrade?.(...taking),
  };
}
