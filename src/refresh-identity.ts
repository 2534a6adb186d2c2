import { ConnectorError } from "./connector/connector-error.ts";
import type { Connector } from "./connector/connector.ts";
import { describeCause } from "./http/error-response.ts";
import type { Login } from "./protocol/identity.ts";
import type { RefreshIdentity, RefreshOutcome, ValidateIdentity } from "./session/session-refresh.ts";
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
    if (connector.refresh === undefined) return { outcome: "unsupported" };
    if (connector.canRefresh?.(login) === false) return { outcome: "not-renewable" };
    const result = await attempt(deps, { id: connectorId, refresh: connector.refresh }, login);
    deps.metrics.refresh(connectorId, result.outcome);
    return result;
  };
}

async function attempt(
  deps: RefreshIdentityDeps,
  connector: { readonly id: string; readonly refresh: NonNullable<Connector["refresh"]> },
  login: Login,
): Promise<Extract<RefreshOutcome, { readonly outcome: "renewed" | "revoked" | "unreachable" }>> {
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

/** How sessions ask whether a login is still good: at the connector it came from. One that cannot tell, or is not there, has no say. */
export function createValidateIdentity({ connectors, log }: Omit<RefreshIdentityDeps, "metrics">): ValidateIdentity {
  return async (connectorId, login, renewed) => {
    const connector = connectors.find(connectorId);
    if (connector?.validate === undefined) return "unknown";
    try {
      return (await connector.validate(login, renewed)) ? "valid" : "invalid";
    } catch (error) {
      if (error instanceof ConnectorError && error.reason !== "unreachable") return "invalid";
      log.warn("validation failed", { connector: connectorId, cause: describeCause(error) });
      return "unknown";
    }
  };
}
