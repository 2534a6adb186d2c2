import { afterAll, expect, test } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { federatedOidc } from "../../test/support/federated-oidc.ts";
import { systemClock } from "../protocol/clock.ts";
import { createLog } from "../telemetry/create-log.ts";
import { createConnectors } from "./registry.ts";
import { requireReachable } from "./require-reachable.ts";

const upstream = createServer((request, response) => {
  const issuer = `http://${request.headers.host}`;
  const [authorization_endpoint, token_endpoint, jwks_uri] = ["auth", "token", "keys"].map(
    (path) => `${issuer}/${path}`,
  );
  response.end(JSON.stringify({ issuer, authorization_endpoint, token_endpoint, jwks_uri }));
});
await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
const { port } = upstream.address() as AddressInfo; // a TCP server's address is one
afterAll(() => upstream.close());

const log = createLog({ format: "json", level: "error", write: () => undefined });

async function connectorsOf(...issuers: readonly string[]) {
  const configurations = issuers.map((issuer, index) => ({
    type: "federated" as const,
    id: `c${index}`,
    name: "C",
    upstream: federatedOidc({ issuer, clientId: "a", clientSecret: "b" }),
  }));
  return createConnectors({ clock: systemClock, fetch, log }, configurations);
}

test("waits for upstreams that answer", async () => {
  const connectors = await connectorsOf(`http://127.0.0.1:${port}`);
  expect(connectors.list()[0]?.status().reachable).toBe(false);
  await requireReachable(connectors);
  expect(connectors.list()[0]?.status().reachable).toBe(true);
  connectors.close();
});

test("names the one that does not", async () => {
  const connectors = await connectorsOf(`http://127.0.0.1:${port}`, "http://127.0.0.1:1");
  expect(requireReachable(connectors, 200)).rejects.toThrow(/^Failed to open connector c1: [^;]+\.$/);
  connectors.close();
});
