import { setTimeout as sleep } from "node:timers/promises";

import type { ConnectorRegistry } from "./registry.ts";

/** How long upstreams get to answer. */
const PATIENCE_MS = 3000;
const PERIOD_MS = 20;

/**
 * Wait until every connector can be used, where a start without one of them is not wanted.
 *
 * @throws {Error} naming those that cannot, with what their upstreams answered.
 */
export async function requireReachable(registry: ConnectorRegistry, patienceMs = PATIENCE_MS): Promise<void> {
  for (let waited = 0; ; waited += PERIOD_MS) {
    const missing = registry.list().flatMap((connector) => {
      const { reachable, reason = "" } = connector.status();
      return reachable ? [] : [`connector ${connector.id}: ${reason}`];
    });
    if (missing.length === 0) return;
    if (waited >= patienceMs) throw new Error(`Failed to open ${missing.join("; ")}.`);
    await sleep(PERIOD_MS);
  }
}
