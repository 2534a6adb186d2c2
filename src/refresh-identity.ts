import { ConnectorError } from "./connector/connector-error.ts";
import type { Connector } from "./connector/connector.ts";
import { describeCause } from "./http/error-response.ts";
import type { Login } from "./protocol/identity.ts";
import type { RefreshIdentity, RefreshOutcome } from "./session/session-refresh.ts";
import type { Log } from "./telemetry/log.ts";
import type { Metrics } from "./telemetry/metrics.ts";

export interface RefreshIdentityDeps {
  readonly connectors: { find(id: string): Connector | undefined };
  readonly log: Log;
  readonly metrics: Metrics;
}

/** How sessions renew an identity: at the connector it came from. A connector that was taken away takes its sessions with it. */
export function createRefreshIdentity(deps: RefreshIdentityDeps): RefreshIdentity {
  return async (connectorId, login) => {
    const connector = deps.connectors.find(connectorId);
    if (connector === undefined) return { outcome: "revoked" };
    if (connector.refresh === undefined || connector.canRefresh?.(login) === false) return { outcome: "unsupported" };
    const result = await attempt(deps, { id: connectorId, refresh: connector.refresh }, login);
    if (result.outcome !== "unsupported") deps.metrics.refresh(connectorId, result.outcome);
    return result;
  };
}

async function attempt(
  deps: RefreshIdentityDeps,
  connector: { readonly id: string; readonly refresh: NonNullable<Connector["refresh"]> },
  login: Login,
): Promise<RefreshOutcome> {
  try {
    return { outcome: "renewed", login: await connector.refresh(login) };
  } catch (error) {
    if (error instanceof ConnectorError && error.reason === "revoked") return { outcome: "revoked" };
    deps.log.warn("refresh failed", {
      connector: connector.id,
      reason: error instanceof ConnectorError ? error.reason : "unexpected",
      cause: describeCause(error),
    });
    return { outcome: "unreachable" };
  }
}
