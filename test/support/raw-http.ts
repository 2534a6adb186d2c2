import { type Server, type Socket, connect, createServer } from "node:net";

/** Bytes sent and received as they are, one character a byte. */
export interface RawAnswer {
  readonly text: string;
  /** How the other side ended the connection within the time given. */
  readonly end: "closed" | "reset" | "open";
}

/** Send bytes and collect what comes back until the connection ends, or `until` is in it, or `milliseconds` have passed. */
export function sendRaw(
  port: number,
  bytes: string | Uint8Array,
  options: { readonly milliseconds?: number; readonly until?: string | RegExp } = {},
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1");
    const finish = (end: RawAnswer["end"]): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, end });
    };
    const timer = setTimeout(() => finish("open"), options.milliseconds ?? 5000);
    socket.on("data", (data) => {
      text += data.toString("latin1");
      if (options.until !== undefined && isIn(options.until, text)) finish("open");
    });
    socket.on("error", () => finish("reset"));
    socket.on("close", () => finish("closed"));
    socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  });
}

function isIn(wanted: string | RegExp, text: string): boolean {
  return typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
}

/** A server that speaks bytes. `serve` is called for each request head that arrived completely. */
export async function startRawServer(serve: (socket: Socket, head: string) => void): Promise<{
  readonly port: number;
  readonly heads: readonly string[];
  /** Everything that arrived, on all connections. */
  readonly received: () => string;
  readonly connections: () => number;
  stop(): void;
}> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let received = "";
  const server: Server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    let unread = "";
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (data) => {
      received += data.toString("latin1");
      unread += data.toString("latin1");
      for (let end = unread.indexOf("\r\n\r\n"); end !== -1; end = unread.indexOf("\r\n\r\n")) {
        const head = unread.slice(0, end + 4);
        unread = unread.slice(end + 4);
        heads.push(head);
        serve(socket, head);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    heads,
    received: () => received,
    connections: () => connections,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
