import { afterEach, expect, test } from "bun:test";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";

import { serveListener, type Listener } from "../../src/runtime/serve-listener.ts";
import { Secret } from "../../src/protocol/secret.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { selfSigned } from "../support/self-signed.ts";
import { until } from "../support/until.ts";

/**
 * The system forgets a client's address when the client resets the connection, while what it sent before is still answered. An
 * empty address means a unix socket, whose other side is believed: whoever hangs up must not look like one, or any forwarding
 * header it forges would be believed for as long as its request is worked on.
 */

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

const log = createLog({ format: "json", level: "error", write: () => undefined });
const { certificate, key } = selfSigned("gate");
const tcp = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
const tls = {
  certificate: { text: new Secret(certificate) },
  key: { text: new Secret(key) },
  minVersion: "TLSv1.2",
  ciphers: [],
} as const;
const REQUEST = "POST /hung-up HTTP/1.1\r\nHost: a.example\r\nX-Real-IP: 10.0.0.1\r\nContent-Length: 0\r\n\r\n";

/** Send a request and reset the connection before anybody can have read it. */
function hangUp(port: number, secure: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = secure
      ? connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false })
      : connect(port, "127.0.0.1");
    socket.once(secure ? "secureConnect" : "connect", () => {
      socket.write(REQUEST);
      socket.resetAndDestroy();
    });
    socket.once("close", () => resolve());
    socket.once("error", reject);
  });
}

test.each<readonly [string, Listener]>([
  ["TCP", { address: tcp }],
  ["TLS", { address: tcp, tls }],
])("over %s they never pass for a unix socket's", async (_name, listener) => {
  const addresses: string[] = [];
  const server = await serveListener(listener, {
    log,
    handler: async (request, peer) => {
      const early = peer.address();
      if (!request.url.endsWith("/hung-up")) return new Response("ok");
      await Bun.sleep(20);
      addresses.push(early, peer.address());
      return new Response("answered");
    },
  });
  endings.push(() => server.stop(0));
  for (let round = 0; round < 20; round += 1) await hangUp(server.port, listener.tls !== undefined);
  await until("somebody who stays", async () => {
    const response = await fetch(server.url, { tls: { rejectUnauthorized: false } });
    return (await response.text()) === "ok";
  });
  await Bun.sleep(100);
  if (listener.tls === undefined) expect(addresses.length).toBeGreaterThan(0);
  expect(addresses.filter((address) => address === "")).toEqual([]);
});
