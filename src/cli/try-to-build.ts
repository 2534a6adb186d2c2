import { createApplication, openStore } from "../app.ts";
import type { Configuration } from "../config/configuration.ts";
import { createLog } from "../telemetry/create-log.ts";
import { createMetrics } from "../telemetry/create-metrics.ts";
import { VERSION } from "./version.ts";

/**
 * Build everything that is built before anything is listened on, such as page templates, and throw it away.
 *
 * @returns what is wrong; undefined when nothing is.
 */
export async function tryToBuild(configuration: Configuration): Promise<string | undefined> {
  const log = createLog({ ...configuration.logging, level: "error" });
  const metrics = createMetrics({ version: VERSION });
  const store = await openStore(configuration, { log, metrics });
  try {
    const application = await createApplication(configuration, { store, log, metrics });
    application.close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await store.close();
  }
}
