import type { Peer } from "../http/handler.ts";
import { requestIdOf } from "../http/request-id.ts";
import { queryOf } from "../http/request-target.ts";
import type { Clock } from "../protocol/clock.ts";
import type { LoadedSession, SessionKeeper } from "../session/session.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type Decision, decide, type Policy } from "./decide.ts";
import type { Dialect } from "./forward-auth/dialect.ts";
import { constrain } from "./query-constraints.ts";
import type { Target } from "./target.ts";

export interface CheckDeps {
  readonly policy: Policy;
  readonly sessions: Pick<SessionKeeper, "load">;
  readonly trustedProxies: { trusts(address: string): boolean };
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, "decision">;
}

export interface CheckOptions {
  /** Is the check's query the operator's, so that its constraints count? Below a check's path some gateways append the client's. */
  readonly ownQuery: boolean;
}

/** Answers a gateway's "may this pass?". */
export type Check = (request: Request, peer: Peer) => Response | Promise<Response>;

/**
 * Bind a dialect: read the target, load the session, decide, render. Synchronous when the session's cache answers.
 *
 * Whatever the request looks like, a check either says yes, or no in the dialect's own way; conditional and range headers,
 * methods and bodies are the client's and mean nothing here.
 */
export function createCheck(deps: CheckDeps, dialect: Dialect, options: CheckOptions): Check {
  const warn = createWarnings(deps, dialect.name);
  const bound: Bound = { ...deps, ...options, dialect };
  return (request, peer) => {
    const target = dialect.readTarget(request, () => deps.trustedProxies.trusts(peer.address()));
    if (target === undefined) {
      warn(request, peer);
      return answer(bound, { request, target }, NOBODY);
    }
    const loaded = deps.sessions.load(request);
    if (!(loaded instanceof Promise)) return answer(bound, { request, target }, loaded);
    return loaded.then((session) => answer(bound, { request, target }, session));
  };
}

interface Bound extends CheckDeps, CheckOptions {
  readonly dialect: Dialect;
}

const NOBODY: LoadedSession = { setCookies: [] };

interface Question {
  readonly request: Request;
  readonly target: Target | undefined;
}

function answer(deps: Bound, { request, target }: Question, loaded: LoadedSession): Response {
  const { session, setCookies } = loaded;
  const { policy, dialect } = deps;
  const open = decide(policy, target, session?.identity);
  const decision = deps.ownQuery ? constrain(open, queryOf(request)) : open;
  deps.metrics.decision(decision.app?.name ?? "none", decision.outcome);
  if (decision.outcome === "forbid" && target !== undefined) logForbidden(deps, decision, { request, target });
  return dialect.render(decision, { request, target, session, setCookies });
}

function logForbidden(deps: CheckDeps, decision: Decision & { outcome: "forbid" }, question: Question): void {
  deps.log.info("forbidden", {
    requestId: requestIdOf(question.request),
    reason: decision.reason,
    app: decision.app?.name,
    host: question.target?.host,
    port: question.target?.port,
    method: question.target?.method,
  });
}

/** At most one warning a minute of each kind: whoever can reach the port could fill the log otherwise. */
const QUIET_SECONDS = 60;

function createWarnings(deps: CheckDeps, dialect: string): (request: Request, peer: Peer) => void {
  const last = { trusted: Number.NEGATIVE_INFINITY, untrusted: Number.NEGATIVE_INFINITY };
  return (request, peer) => {
    const trusted = deps.trustedProxies.trusts(peer.address());
    const kind = trusted ? "trusted" : "untrusted";
    if (deps.clock() - last[kind] < QUIET_SECONDS) return;
    last[kind] = deps.clock();
    const fields = { requestId: requestIdOf(request), dialect, peer: peer.address() };
    if (trusted) deps.log.warn("check refused: its headers name no target, or an ambiguous one", fields);
    else deps.log.warn("check refused: the peer is not in trustedProxies, so its headers are not believed", fields);
  };
}
