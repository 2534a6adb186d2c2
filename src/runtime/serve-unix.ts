import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { connect } from "node:net";

import { AddressInUseError } from "./address-in-use-error.ts";
import { UnixPeer } from "./bun-peer.ts";
import { type AnswerOptions, startHttpServer } from "./http-server.ts";
import { nameOf, systemPath, type UnixAddress } from "./listen-address.ts";
import { listenError, type RunningServer } from "./serve.ts";

/**
 * Listen on a unix socket. A file that a dead process left behind is replaced; ours is removed at the end.
 *
 * @throws {AddressInUseError} when somebody listens there, when something else than a socket lies there, or when it is not
 *   allowed.
 */
export async function serveUnix(address: UnixAddress, options: AnswerOptions): Promise<RunningServer> {
  return withSocketFile(address, () => {
    const server = startHttpServer(
      { unix: systemPath(address.path) },
      options,
      (running, request) => new UnixPeer(running, request),
    );
    return { ...server, url: nameOf(address) };
  });
}

/**
 * Bind a unix socket with the permissions it is to have. Until it has them it is the owner's only: nobody connects who may not.
 * @throws {AddressInUseError}
 */
export async function withSocketFile<T>({ path, mode }: UnixAddress, bind: () => T | Promise<T>): Promise<T> {
  const name = nameOf({ kind: "unix", path });
  const hasFile = !path.startsWith("@");
  const umask = mode === undefined || !hasFile ? undefined : process.umask(0o177);
  try {
    if (hasFile) await removeStale(path, name);
    const bound = await bind();
    if (mode !== undefined && hasFile) chmodSync(path, mode);
    return bound;
  } catch (error) {
    throw error instanceof AddressInUseError ? error : listenError(name, error);
  } finally {
    if (umask !== undefined) process.umask(umask);
  }
}

async function removeStale(path: string, name: string): Promise<void> {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file === undefined) return;
  if (!file.isSocket())
    throw new AddressInUseError(name, "taken", new Error("something else than a socket lies there"));
  const found = await knock(path);
  if (found === "somebody") throw new AddressInUseError(name, "taken", new Error("somebody answers there"));
  if (found === "forbidden") throw new AddressInUseError(name, "refused", new Error("it is somebody else's"));
  unlinkSync(path);
}

function knock(path: string): Promise<"nobody" | "somebody" | "forbidden"> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve("somebody");
    });
    socket.once("error", (error) => {
      const code = "code" in error ? error.code : undefined;
      resolve(code === "ECONNREFUSED" || code === "ENOENT" ? "nobody" : "forbidden");
    });
  });
}
