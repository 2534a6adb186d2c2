import type { Foundation } from "../../src/app.ts";
import { loadOauth2ProxyConfiguration } from "../../src/config/oauth2-proxy/load-oauth2-proxy-configuration.ts";
import { createConnectors } from "../../src/connector/registry.ts";
import { createKeyRing } from "../../src/crypto/seal.ts";
import { createTrustedProxies } from "../../src/http/client-address.ts";
import type { Handler } from "../../src/http/handler.ts";
import { createLoginTransactions } from "../../src/login/create-login-transactions.ts";
import { createHealth } from "../../src/provider/health.ts";
import { createOAuth2ProxyRoom } from "../../src/oauth2-proxy-room.ts";
import { createPages } from "../../src/pages/create-pages.ts";
import { systemClock } from "../../src/protocol/clock.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createMetrics } from "../../src/telemetry/create-metrics.ts";
import type { DialectHandlerDeps } from "./dialect-suite.ts";

/** As a gateway's guide says it, and only for two groups. */
const FLAGS = [
  "--provider=github",
  "--client-id=gatehouse",
  "--client-secret=secret",
  "--cookie-secret=0123456789abcdef0123456789abcdef",
  "--email-domain=*",
  "--allowed-group=staff",
  "--allowed-group=admins",
  "--set-xauthrequest",
];

/** The drop-in's own room with its own flags; only where sessions come from is the suite's. */
export async function createDropInHandler(deps: DialectHandlerDeps): Promise<Handler> {
  const command = loadOauth2ProxyConfiguration({ readFile: notThere, env: {} }, FLAGS);
  const configuration = command.kind === "serve" ? command.result.configuration : undefined;
  if (configuration?.oauth2Proxy === undefined) throw new Error("the flags are wrong");
  const foundation = await createFoundation(deps, configuration);
  return (await createOAuth2ProxyRoom(foundation, configuration.oauth2Proxy)).handler;
}

async function createFoundation(
  { load, log }: DialectHandlerDeps,
  configuration: Foundation["configuration"],
): Promise<Foundation> {
  const clock = systemClock;
  const keyRing = createKeyRing([new Uint8Array(32)]);
  const connectorDeps = { clock, fetch, log };
  return {
    configuration,
    store: createMemoryStore(),
    connectors: await createConnectors(connectorDeps, configuration.connectors),
    connectorDeps,
    health: createHealth({ ping: () => Promise.resolve(), clock }),
    keyRing,
    pages: createPages({ branding: configuration.branding, readFile: notThere, pathPrefix: "/oauth2/static" }),
    sessions: {
      load,
      begin: () => Promise.resolve([]),
      end: () => Promise.resolve(["ended=1"]),
      onEnd: () => () => undefined,
    },
    transactions: createLoginTransactions({ keyRing, clock, cookie: configuration.cookie }),
    trustedProxies: createTrustedProxies([]),
    clock,
    log,
    metrics: createMetrics(),
  };
}

function notThere(path: string): never {
  throw new Error(`${path} is not there`);
}
