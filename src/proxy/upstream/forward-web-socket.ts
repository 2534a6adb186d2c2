import { ExchangeError, type HeaderField } from "../../http/exchange.ts";
import type { OpenedWebSocket } from "../../http/web-socket-connection.ts";
import { PublicError } from "../../protocol/public-error.ts";
import type { BoundTransport, Forwarding, Sending } from "./transport.ts";
import { upstreamError } from "./upstream-error.ts";
import { WebSocketBridge } from "./web-socket-bridge.ts";

/** RFC 6455 §4.2.1 */
export function isWebSocketHandshake({ method, headers }: Request): boolean {
  return method === "GET" && headers.get("upgrade")?.toLowerCase() === "websocket";
}

/**
 * Bridge a WebSocket to the upstream, which accepts or refuses it first. Ended with 1008 when the session ends in this process or
 * passes its absolute end.
 *
 * @throws {PublicError} 403 when a page of another origin asks: the browser sends our cookies along, and no other rule of the
 * browser's stands in between (cross-site WebSocket hijacking). 502 and 504 as for HTTP.
 */
export async function forwardWebSocket(transport: BoundTransport, forwarding: Forwarding): Promise<Response> {
  const { request, peer, sending } = forwarding;
  refuseOtherOrigins(request, sending);
  if (peer.upgrade === undefined) throw notPossible();
  const cleanUp: (() => void)[] = [];
  const bridge = new WebSocketBridge(() => {
    for (const clean of cleanUp) clean();
  });
  // Before the upstream is asked, which may take its time: the session may end meanwhile.
  cleanUp.push(...endWithSession(transport, sending, bridge));
  const { socket, protocol } = await connect(transport, forwarding, bridge).catch((error: unknown) => {
    bridge.end(1001, "");
    throw error;
  });
  bridge.attachUpstream(socket);
  if (bridge.hasEnded) throw sessionEnded();
  const response = peer.upgrade(bridge.clientEvents, protocol, answerFields(sending));
  if (response === undefined) {
    bridge.end(1001, "");
    throw notPossible();
  }
  return response;
}

/** A session that was renewed on the way has a new cookie, here as with any other answer. */
function answerFields({ responseHeaders = [], setCookies }: Sending): readonly HeaderField[] {
  return [...responseHeaders, ...setCookies.map((cookie): HeaderField => ["Set-Cookie", cookie])];
}

async function connect(
  { configuration, connectWebSocket, metrics }: BoundTransport,
  { request, sending }: Forwarding,
  bridge: WebSocketBridge,
): Promise<OpenedWebSocket> {
  const { origin, timeoutSeconds, socketPath, insecureSkipTlsVerify } = configuration;
  const protocols = offeredProtocols(request);
  const connection = {
    ...(socketPath === undefined ? {} : { socketPath }),
    ...(insecureSkipTlsVerify === undefined ? {} : { insecureSkipTlsVerify }),
  };
  try {
    const { target, headers } = sending;
    const opened = await connectWebSocket(
      { origin, ...connection, target, headers, protocols, timeoutSeconds },
      bridge.upstreamEvents,
    );
    metrics.upstream(origin, "answered");
    return opened;
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    metrics.upstream(origin, error.code);
    throw upstreamError(error, origin);
  }
}

/** @throws {PublicError} 400 when they are no names, or one is offered twice (RFC 6455 §4.1): no client could ask for them. */
function offeredProtocols({ headers }: Request): readonly string[] {
  const offered = headers.get("sec-websocket-protocol");
  if (offered === null) return [];
  const protocols = offered.split(",").map((protocol) => protocol.trim());
  const isSound = new Set(protocols).size === protocols.length && protocols.every((protocol) => TOKEN.test(protocol));
  if (!isSound) throw notPossible();
  return protocols;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Longest delay a timer can hold. */
const MAX_TIMER_MILLISECONDS = 2_147_483_647;

function endWithSession(
  { clock }: BoundTransport,
  { session }: Sending,
  bridge: WebSocketBridge,
): readonly (() => void)[] {
  if (session === undefined) return [];
  const end = (): void => bridge.end(1008, "The session has ended.");
  const stopListening = session.onEnd(end);
  if (session.expiresAt === 0) return [stopListening];
  const left = Math.max(0, (session.expiresAt - clock()) * 1000);
  const timer = setTimeout(end, Math.min(left, MAX_TIMER_MILLISECONDS));
  return [stopListening, () => clearTimeout(timer)];
}

function refuseOtherOrigins({ headers }: Request, { allowsOrigin }: Sending): void {
  const origin = headers.get("origin");
  if (origin === null || allowsOrigin(origin)) return;
  const publicMessage = "This WebSocket was asked for by another site.";
  throw new PublicError({ status: 403, code: "foreign_origin", publicMessage });
}

function sessionEnded(): PublicError {
  const publicMessage = "The session has ended.";
  return new PublicError({ status: 401, code: "session_ended", publicMessage });
}

function notPossible(): PublicError {
  const publicMessage = "This is not a complete WebSocket handshake.";
  return new PublicError({ status: 400, code: "bad_handshake", publicMessage });
}
