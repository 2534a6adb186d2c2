import type { HealthConfiguration } from "../../config/oauth2-proxy-configuration.ts";
import type { RequestScope } from "./request-scope.ts";

export interface HealthDeps {
  readonly health: HealthConfiguration;
  /** Can sessions be loaded? Throws when not. */
  readonly ping: () => Promise<void>;
}

const TEXT = { "Content-Type": "text/plain; charset=utf-8" };

/** What a health check is answered with; undefined when the request is none. */
export type AnswerHealth = (scope: RequestScope) => Response | Promise<Response> | undefined;

/** A ping must have the path and, where agents are configured, one of them: an agent alone opens nothing. */
export function createHealth({ health, ping }: HealthDeps): AnswerHealth {
  const gcp = health.gcp ? ["/liveness_check", "/readiness_check"] : [];
  const paths = new Set([health.pingPath, ...gcp].filter((path) => path !== ""));
  const agents = new Set([health.pingUserAgent, health.gcp ? "GoogleHC/1.0" : ""].filter((agent) => agent !== ""));
  return ({ path, request }) => {
    if (paths.has(path) && (agents.size === 0 || agents.has(request.headers.get("user-agent") ?? ""))) {
      return new Response("OK", { headers: TEXT });
    }
    return path === health.readyPath && path !== "" ? ready(ping) : undefined;
  };
}

async function ready(ping: () => Promise<void>): Promise<Response> {
  try {
    await ping();
    return new Response("OK", { headers: TEXT });
  } catch {
    return new Response("error: the session store cannot be reached", { status: 500, headers: TEXT });
  }
}
