import type { Connector } from "./connector/connector.ts";
import type { Handler } from "./http/handler.ts";
import { jsonResponse } from "./http/json-response.ts";
import { pathOf } from "./http/request-target.ts";
import { type StorageHealth, renderHealth } from "./provider/health.ts";
import { type ReadyCheck, plainText, renderReadiness } from "./proxy/readiness.ts";
import type { Store } from "./store/ports.ts";
import type { Metrics } from "./telemetry/metrics.ts";

export interface TelemetryHandlerDeps {
  readonly metrics: Metrics;
  readonly store: Store;
  readonly connectors: { list(): readonly Connector[] };
  /** Present where Gatehouse stands in for oauth2-proxy, whose listener answers its numbers on every path. */
  readonly originalMetrics?: { render(): string };
  /** Present where it stands in for dex. */
  readonly dexMetrics?: { render(): string };
  readonly health: () => Promise<StorageHealth>;
}

/** The listener that is not for the public: `/metrics`, `/healthz` (alive), `/readyz` (the store answers; connectors are reported). */
export function createTelemetryHandler(deps: TelemetryHandlerDeps): Handler {
  const { originalMetrics } = deps;
  if (originalMetrics !== undefined) return () => metricsText(originalMetrics.render() + deps.metrics.render());
  if (deps.dexMetrics !== undefined) return asDex(deps, deps.dexMetrics);
  return async (request) => {
    switch (pathOf(request)) {
      case "/metrics":
        return metricsText(deps.metrics.render());
      case "/healthz":
        return plainText(200, "ok\n");
      case "/readyz":
        return renderReadiness(await readiness(deps));
      default:
        return plainText(404, "404 not found\n");
    }
  };
}

/** dex's paths, and ours beside them. */
function asDex(deps: TelemetryHandlerDeps, dexMetrics: { render(): string }): Handler {
  return async (request) => {
    switch (pathOf(request)) {
      case "/metrics":
        return metricsText(dexMetrics.render() + deps.metrics.render());
      case "/healthz":
      case "/healthz/ready": {
        const health = await deps.health();
        return jsonResponse(health.failingSince === undefined ? 200 : 503, renderHealth(health));
      }
      case "/healthz/live":
        return dexText(200, "ok");
      case "/readyz":
        return renderReadiness(await readiness(deps));
      default:
        return dexText(404, "404 page not found\n");
    }
  };
}

function dexText(status: number, body: string): Response {
  const headers = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };
  return new Response(body, { status, headers });
}

function metricsText(text: string): Response {
  return new Response(text, { headers: { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" } });
}

/** Everything this process depends on, asked now. */
export async function readiness(
  deps: Pick<TelemetryHandlerDeps, "store" | "connectors">,
): Promise<readonly ReadyCheck[]> {
  const store = await deps.store.ping().then(
    (): ReadyCheck => ({ name: "store", kind: "store", ok: true }),
    (): ReadyCheck => ({
      name: "store",
      kind: "store",
      ok: false,
      reason: "the store does not answer; the log says why",
    }),
  );
  return [store, ...deps.connectors.list().map(connectorReadiness)];
}

function connectorReadiness(connector: Connector): ReadyCheck {
  const { reachable, reason } = connector.status();
  return { name: connector.id, kind: "connector", ok: reachable, ...(reason === undefined ? {} : { reason }) };
}
