import { connect, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, getCACertificates } from "node:tls";
import { Client } from "ldapts";
import type { LdapUpstream } from "../../../config/dex-connector-configuration.ts";

/** Connecting, and each of the two handshakes, takes at most this long. */
const CONNECT_MS = 10_000;
/** RFC 4511 §4.14.1 */
const START_TLS = "1.3.6.1.4.1.1466.20037";

/**
 * Connect to a directory: plain, with TLS from the beginning, or with StartTLS. The certificate is checked for the configured
 * host, also when the connection began without TLS.
 *
 * @throws {Error} when it cannot be done within ten seconds a step.
 */
export async function openSocket(upstream: LdapUpstream): Promise<Socket> {
  const { host, port, security } = upstream;
  if (security === "tls") return whenOpen(connectTls({ ...tlsOptions(upstream), port }), "secureConnect");
  const socket = await whenOpen(connect({ host, port }), "connect");
  if (security === "none") return socket;
  await startTls(socket);
  return whenOpen(connectTls({ ...tlsOptions(upstream), socket }), "secureConnect");
}

/** A client of ldapts that speaks over this connection only: a lost one must not be opened again without TLS and bind. */
export function clientOf(socket: Socket, timeout: number): Client {
  let isUsed = false;
  return new Client({
    url: "ldap://directory",
    timeout,
    createConnection: () => {
      if (isUsed) throw new Error("the directory closed the connection");
      isUsed = true;
      return socket;
    },
  });
}

/**
 * What came in plain together with the answer is thrown away with the client that read it. Kept, as `startTLS` of ldapts does, the
 * beginning of an answer that somebody slipped in would be believed as soon as the directory's own answers complete it.
 */
async function startTls(socket: Socket): Promise<void> {
  try {
    await clientOf(socket, CONNECT_MS).exop(START_TLS);
  } catch (error) {
    socket.destroy();
    throw new Error("the directory refused StartTLS", { cause: error });
  }
  socket.removeAllListeners();
}

function tlsOptions(upstream: LdapUpstream): ConnectionOptions {
  const { host, insecureSkipVerify, rootCa, clientCertificate, clientKey } = upstream;
  const hasClientCertificate = clientCertificate !== "" && clientKey.reveal() !== "";
  return {
    host,
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: !insecureSkipVerify,
    ca: rootCa === "" ? systemAuthorities() : [rootCa],
    ...(hasClientCertificate && { cert: clientCertificate, key: clientKey.reveal() }),
  };
}

function systemAuthorities(): string[] {
  const system = getCACertificates("system");
  return system.length > 0 ? system : getCACertificates("bundled");
}

function whenOpen(socket: Socket, event: "connect" | "secureConnect"): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const onClose = (): void => fail(new Error("the directory closed the connection"));
    const timer = setTimeout(() => fail(new Error(`no answer within ${CONNECT_MS / 1000} s`)), CONNECT_MS);
    socket.once("error", fail).once("close", onClose);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off("error", fail).off("close", onClose);
      resolve(socket);
    });
  });
}
