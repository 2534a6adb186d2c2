import { ExchangeError } from "../http/exchange.ts";
import type { WebSocketEvents, WebSocketSide } from "../http/handler.ts";
import type { OpenedWebSocket, WebSocketRequest } from "../http/web-socket-connection.ts";

/** Open a WebSocket with the runtime's client. See `ConnectWebSocket` for the contract. */
export async function connectWebSocket(request: WebSocketRequest, events: WebSocketEvents): Promise<OpenedWebSocket> {
  const { origin, timeoutSeconds } = request;
  const socket = openWebSocket(request);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    reject(new ExchangeError("timeout", `${origin} did not answer the handshake within ${timeoutSeconds} s`));
    socket.terminate();
  }, timeoutSeconds * 1000);
  let isOpen = false;
  socket.addEventListener("open", () => {
    isOpen = true;
    resolve();
  });
  socket.addEventListener("error", (event) => {
    reject(new ExchangeError("unreachable", `${origin} did not accept the handshake`, event));
  });
  socket.addEventListener("close", ({ code, reason }) => {
    reject(new ExchangeError("unreachable", `${origin} did not accept the handshake (${code} ${reason})`));
    if (isOpen) events.close(code, reason);
  });
  socket.addEventListener("message", ({ data }) => {
    events.message(data instanceof ArrayBuffer ? new Uint8Array(data) : String(data));
  });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
  return { socket: sideOf(socket), ...(socket.protocol === "" ? {} : { protocol: socket.protocol }) };
}

function openWebSocket(request: WebSocketRequest): Bun.WebSocket {
  const { headers, protocols } = request;
  // The library of browsers declares a smaller class under the same name.
  const RuntimeWebSocket = WebSocket as unknown as new (url: string, options: Bun.WebSocketOptions) => Bun.WebSocket;
  const socket = new RuntimeWebSocket(urlOf(request), {
    headers: Object.fromEntries(headers),
    protocols: [...protocols],
    ...(request.origin.startsWith("https:") ? { tls: tlsOf(request) } : {}),
  });
  socket.binaryType = "arraybuffer";
  return socket;
}

function urlOf({ origin, target, socketPath }: WebSocketRequest): string {
  if (socketPath === undefined) return `${origin.replace(/^http/, "ws")}${target}`;
  // The client takes path and target as one address, in which the first colon divides them.
  if (socketPath.includes(":"))
    throw new ExchangeError("unreachable", `${socketPath}: no WebSockets where a colon is in the path`);
  return `ws+unix://${socketPath}:${target}`;
}

function tlsOf({ origin, authorities = [], insecureSkipTlsVerify }: WebSocketRequest): Bun.TLSOptions {
  return {
    serverName: new URL(origin).hostname.replace(/^\[|\]$/g, ""),
    ...(authorities.length === 0 ? {} : { ca: [...authorities] }),
    rejectUnauthorized: insecureSkipTlsVerify !== true,
  };
}

function sideOf(socket: Bun.WebSocket): WebSocketSide {
  return {
    send: (data) => {
      socket.send(data);
      return socket.bufferedAmount;
    },
    waiting: () => socket.bufferedAmount,
    close: (code, reason) => socket.close(code, reason),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
}
