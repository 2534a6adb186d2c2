import type { OriginalTelemetry } from "../app.ts";
import type { Configuration } from "../config/configuration.ts";
import { createLog } from "../telemetry/create-log.ts";
import type { Log } from "../telemetry/log.ts";

/** Where a process tells what it does. */
export interface Telemetry {
  readonly log: Log;
  /** Present where we stand in for oauth2-proxy. */
  readonly original?: OriginalTelemetry;
}

/**
 * Our own log, or oauth2-proxy's where anything about it is configured; and its numbers.
 *
 * @param quiet only warnings and errors are written, whatever the configuration says.
 * @throws {Error} naming the option of a log format or file that cannot be used.
 */
export async function createTelemetry({ logging, oauth2Proxy }: Configuration, quiet: boolean): Promise<Telemetry> {
  const own = (): Log => createLog({ ...logging, ...(quiet ? { level: "warn" } : {}) });
  if (oauth2Proxy === undefined) return { log: own() };
  const { createOriginalMetrics } = await import("../telemetry/oauth2-proxy/create-original-metrics.ts");
  const metrics = createOriginalMetrics();
  if (oauth2Proxy.logging === undefined) return { log: own(), original: metrics };
  const { createChannels } = await import("../telemetry/oauth2-proxy/create-channels.ts");
  const { compileTextTemplate } = await import("../pages/go-template/create-template-set.ts");
  const channels = createChannels(oauth2Proxy.logging, { compile: compileTextTemplate });
  process.once("exit", channels.flush);
  const logAuth: OriginalTelemetry["logAuth"] = ({ message, ...entry }, summary) =>
    channels.auth({ ...entry, message: summary === "" ? message : `${message}: ${summary}` });
  return { log: channels.log, original: { ...metrics, logRequest: channels.request, logAuth } };
}
