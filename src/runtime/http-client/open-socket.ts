import { ExchangeError } from "../../http/exchange.ts";
import type { Destination } from "./connection-pool.ts";
import type { ConnectionSocket, SocketListener } from "./connection.ts";

/**
 * Open a TCP connection to `http://host:port`, or one to a unix socket.
 *
 * @throws {ExchangeError} `unreachable`
 */
export async function openSocket({ origin, socketPath }: Destination): Promise<ConnectionSocket> {
  const attachment: Attachment = { listener: undefined };
  try {
    const events = { data: attachment, socket: EVENTS };
    const socket =
      socketPath === undefined
        ? await Bun.connect<Attachment>({ ...hostAndPort(origin), ...events })
        : await Bun.connect<Attachment>({ unix: socketPath, ...events });
    return {
      attach: (listener) => void (attachment.listener = listener),
      write: (data) => (typeof data === "string" ? socket.write(data, LATIN1) : socket.write(data)),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      terminate: () => socket.terminate(),
    };
  } catch (cause) {
    throw new ExchangeError("unreachable", `${socketPath ?? origin} cannot be connected to`, cause);
  }
}

function hostAndPort(origin: string): { readonly hostname: string; readonly port: number } {
  const { hostname, port } = new URL(origin);
  return { hostname: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? 80 : Number(port) };
}

/** The type declares an offset here, but the runtime takes an encoding as well, like `node:net`. */
const LATIN1 = "latin1" as unknown as number;

interface Attachment {
  listener: SocketListener | undefined;
}

const EVENTS: Bun.SocketHandler<Attachment> = {
  data: (socket, data) => {
    if (socket.data.listener === undefined) socket.terminate();
    // Each delivery has a buffer of its own.
    else socket.data.listener.received(data as Buffer<ArrayBuffer>);
  },
  drain: (socket) => socket.data.listener?.drained(),
  // The upstream has said all it will say; a half-open connection is of no use.
  end: (socket) => void socket.end(),
  close: (socket) => socket.data.listener?.closed(),
  error: (socket) => {
    socket.terminate();
  },
  // The promise of `connect` rejects as well, and is where it is handled.
  connectError: () => undefined,
};
