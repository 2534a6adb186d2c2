import type { Handler } from "./http/handler.ts";
import { jsonResponse } from "./http/json-response.ts";
import { pathOf } from "./http/request-target.ts";
import type { Connector } from "./connector/connector.ts";
import type { Store } from "./store/ports.ts";
import type { Metrics } from "./telemetry/metrics.ts";

export interface TelemetryHandlerDeps {
  readonly metrics: Metrics;
  readonly store: Store;
  readonly connectors: { list(): readonly Connector[] };
}

/** One thing that this process depends on, and whether it works now. */
export interface Readiness {
  readonly name: string;
  readonly ok: boolean;
  /** Without this the process can serve nobody. */
  readonly essential: boolean;
  readonly reason?: string;
}

/** The listener that is not for the public: `/metrics`, `/healthz` (alive), `/readyz` (the store answers; connectors are reported). */
export function createTelemetryHandler(deps: TelemetryHandlerDeps): Handler {
  return (request) => {
    switch (pathOf(request)) {
      case "/metrics":
        return new Response(deps.metrics.render(), {
          headers: { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" },
        });
      case "/healthz":
        return new Response("ok\n");
      case "/readyz":
        return readyResponse(deps);
      default:
        return new Response("404 not found\n", { status: 404 });
    }
  };
}

/** Everything this process depends on, asked now. */
export async function readiness(
  deps: Pick<TelemetryHandlerDeps, "store" | "connectors">,
): Promise<readonly Readiness[]> {
  const store = await deps.store.ping().then(
    () => ({ name: "store", ok: true, essential: true }),
    () => ({ name: "store", ok: false, essential: true, reason: "the store does not answer; the log says why" }),
  );
  return [store, ...connectorReadiness(deps.connectors)];
}

/** The connectors' own word; an upstream that is down does not make this process useless. */
export function connectorReadiness(connectors: { list(): readonly Connector[] }): readonly Readiness[] {
  return connectors.list().map((connector) => {
    const { reachable, reason } = connector.status();
    const name = `connector ${connector.id}`;
    return { name, ok: reachable, essential: false, ...(reason === undefined ? {} : { reason }) };
  });
}

async function readyResponse(deps: TelemetryHandlerDeps): Promise<Response> {
  const parts = await readiness(deps);
  const ready = parts.every((part) => part.ok || !part.essential);
  return jsonResponse(ready ? 200 : 503, `${JSON.stringify({ ready, parts })}\n`, { "Cache-Control": "no-store" });
}
