import { jsonResponse } from "../http/json-response.ts";

/** One thing this process depends on. */
export interface ReadyCheck {
  /** Of the connector, or `store`. */
  readonly name: string;
  readonly kind: "store" | "connector";
  readonly ok: boolean;
  /** Why not, in words for an operator. */
  readonly reason?: string;
}

/**
 * `/ready`. Without its store this process can answer nobody, so it is not ready: 503. Without a connector it goes on
 * serving everybody who is signed in or uses another one, and taking it out of service would help nobody: 200, `degraded`,
 * and the body says which connector is not reachable and why.
 */
export function renderReadiness(checks: readonly ReadyCheck[]): Response {
  const failing = checks.filter((check) => !check.ok);
  const storeFails = failing.some((check) => check.kind === "store");
  const status = storeFails ? "unavailable" : failing.length > 0 ? "degraded" : "ready";
  const failures = failing.map(({ name, kind, reason }) => ({ name, kind, reason: reason ?? "not reachable" }));
  return jsonResponse(storeFails ? 503 : 200, `${JSON.stringify({ status, failures })}\n`, {
    "Cache-Control": "no-store",
    ...(storeFails ? { "Retry-After": "5" } : {}),
  });
}

/** A plain-text answer that no cache keeps. */
export function plainText(status: number, body: string): Response {
  return new Response(body, {
    status,
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      "X-Content-Type-Options": "nosniff",
      "Cache-Control": "no-store",
    },
  });
}
