import type { Socket } from "node:net";

/** Reads from a connection in order. Every member rejects when the connection breaks before there is enough. */
export interface ByteReader {
  /** The next line without its end; undefined when the connection ends before there is one. */
  line(): Promise<string | undefined>;
  /** So many bytes, or fewer when the connection ends before. */
  bytes(count: number): Promise<Buffer>;
  /** Everything until the connection ends. */
  rest(): Promise<Buffer>;
}

/** Nothing came for as long as the socket's timeout. */
export class SilentConnection extends Error {}

/** Read a socket's bytes. Lines are one character a byte. */
export function readBytes(socket: Socket): ByteReader {
  let unread: Buffer = Buffer.alloc(0);
  let ended = false;
  let failure: Error | undefined;
  let wake = (): void => undefined;
  const end = (): void => {
    ended = true;
    wake();
  };
  const fail = (error: Error): void => {
    failure ??= error;
    end();
  };
  socket.on("data", (data: Buffer) => {
    unread = Buffer.concat([unread, data]);
    wake();
  });
  socket.on("end", end);
  socket.on("close", end);
  socket.on("error", fail);
  socket.on("timeout", () => fail(new SilentConnection("nothing came")));

  /** Wait until there is enough. @returns false when there will never be. */
  const until = async (enough: () => boolean): Promise<boolean> => {
    while (!enough()) {
      if (failure !== undefined) throw failure;
      if (ended) return false;
      // One reader at a time: the next byte wakes it.
      await new Promise<void>((resolve) => (wake = resolve));
    }
    return true;
  };
  const take = (count: number): Buffer => {
    const taken = unread.subarray(0, count);
    unread = unread.subarray(count);
    return taken;
  };
  return {
    line: async () => {
      if (!(await until(() => unread.includes(0x0a)))) return undefined;
      return take(unread.indexOf(0x0a) + 1)
        .toString("latin1")
        .replace(/[\r\n]+$/, "");
    },
    bytes: async (count) => {
      await until(() => unread.length >= count);
      return take(count);
    },
    rest: async () => {
      await until(() => ended);
      return take(unread.length);
    },
  };
}

/** Read the chunks of a body in the chunked transfer coding. RFC 9112 §7.1 */
export async function* readChunks(reader: ByteReader): AsyncGenerator<Buffer> {
  for (let size = await chunkSize(reader); size > 0; size = await chunkSize(reader)) {
    yield await reader.bytes(size);
    await reader.line();
  }
}

async function chunkSize(reader: ByteReader): Promise<number> {
  const size = Number.parseInt((await reader.line()) ?? "", 16);
  if (Number.isNaN(size)) throw new Error("a chunk without a size");
  return size;
}
