import type { AppConfiguration } from "../config/configuration.ts";
import type { Peer } from "../http/handler.ts";
import { PublicError } from "../protocol/public-error.ts";
import type { LoadedSession, Session, SessionKeeper } from "../session/session.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { decide, type Policy } from "./decide.ts";
import type { RenderDenied } from "./denied-response.ts";
import { type Target, targetOfRequest } from "./target.ts";

/** May this request go on to the application's upstream? */
export type GateResult =
  | {
      readonly outcome: "pass";
      readonly app: AppConfiguration;
      /** What was decided about: forward exactly this. */
      readonly target: Target;
      /** Absent: a public place, and nobody whom it would be told. */
      readonly session?: Session;
      /** To send along with the upstream's answer. */
      readonly setCookies: readonly string[];
    }
  | { readonly outcome: "answer"; readonly response: Response };

/**
 * Asked by our own reverse proxy for every request to an application's host. Synchronous when the session's cache answers.
 *
 * @throws {PublicError} 400 when the target is ambiguous.
 * @throws {StoreError} `unreachable` when the session cannot be loaded.
 */
export type Gate = (request: Request, peer: Peer) => GateResult | Promise<GateResult>;

export interface GateDeps {
  readonly policy: Policy;
  readonly sessions: Pick<SessionKeeper, "load">;
  readonly metrics: Pick<Metrics, "decision">;
  readonly renderDenied: RenderDenied;
  readonly trustedProxies: { trusts(address: string): boolean };
  /** The scheme people use, as long as no trusted proxy says otherwise in `X-Forwarded-Proto`. */
  readonly publicScheme: "http" | "https";
}

export function createGate(deps: GateDeps): Gate {
  return (request, peer) => {
    const target = targetOfRequest(request, schemeOf(deps, request, peer));
    if (target === undefined) {
      throw new PublicError({
        status: 400,
        code: "bad_request",
        publicMessage: "This request could not be understood.",
      });
    }
    const loaded = deps.sessions.load(request);
    if (!(loaded instanceof Promise)) return pass(deps, request, target, loaded);
    return loaded.then((session) => pass(deps, request, target, session));
  };
}

function pass(deps: GateDeps, request: Request, target: Target, loaded: LoadedSession): GateResult {
  const { session, setCookies } = loaded;
  const decision = decide(deps.policy, target, session?.identity);
  deps.metrics.decision(decision.app?.name ?? "none", decision.outcome);
  if (decision.outcome !== "allow") {
    return { outcome: "answer", response: deps.renderDenied(decision, { request, target, session, setCookies }) };
  }
  const known = decision.subject === undefined || session === undefined ? {} : { session };
  return { outcome: "pass", app: decision.app, target, setCookies, ...known };
}

function schemeOf(deps: GateDeps, request: Request, peer: Peer): "http" | "https" {
  const forwarded = request.headers.get("x-forwarded-proto");
  if (forwarded !== "http" && forwarded !== "https") return deps.publicScheme;
  return deps.trustedProxies.trusts(peer.address()) ? forwarded : deps.publicScheme;
}
