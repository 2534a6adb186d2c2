import type { OriginalSessionLimits } from "../config/configuration.ts";
import type { Clock } from "../protocol/clock.ts";
import type { Log } from "../telemetry/log.ts";
import type { OriginalSession } from "./oauth2-proxy-cookie/session-codec.ts";
import { toLogin, toOriginalSession } from "./original-session.ts";
import type { RefreshIdentity, RefreshOutcome, ValidateIdentity } from "./session-refresh.ts";
import type { Session } from "./session.ts";

export interface RenewalDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly refreshIdentity: RefreshIdentity;
  readonly validateIdentity: ValidateIdentity;
}

/** How a session goes on whose renewal was due. */
export type Renewal =
  /** In its new form, which has to be saved. */
  | { readonly outcome: "save"; readonly content: OriginalSession }
  /** As it is. `certain`: the upstream has said so. */
  | { readonly outcome: "keep"; readonly certain: boolean }
  | { readonly outcome: "end" };

/**
 * Is the session older than the refresh period? That alone counts, not the end of its tokens, and whole seconds of now, as in the
 * original.
 */
export function isRenewalDue(
  { refreshSeconds }: OriginalSessionLimits,
  createdAt: number | undefined,
  now: number,
): boolean {
  return refreshSeconds > 0 && createdAt !== undefined && Math.trunc(now) - createdAt > refreshSeconds;
}

/**
 * Renew a session at the upstream, then ask whether it is still good, in the original's order, but for one thing: nothing is saved that
 * is not good any more.
 *
 * - A connector that renews nothing only has the time of the session moved.
 * - An upstream that cannot be asked logs nobody out, until the tokens end.
 */
export async function renewSession(
  deps: RenewalDeps,
  limits: OriginalSessionLimits,
  { session, content }: { readonly session: Session; readonly content: OriginalSession },
): Promise<Renewal> {
  const fields = { session: session.id, connector: session.connectorId };
  const result = await deps.refreshIdentity(session.connectorId, session);
  if (result.outcome === "revoked") return ended(deps, fields, "revoked upstream");
  const now = deps.clock();
  const next = contentAfter(limits, result, content, Math.trunc(now));
  if (next.expiresAt !== undefined && next.expiresAt < now) return ended(deps, fields, "its tokens have ended");
  const validity = await deps.validateIdentity(session.connectorId, toLogin(next), result.outcome === "renewed");
  if (validity === "invalid") return ended(deps, fields, "not valid upstream any more");
  if (next === content) {
    return { outcome: "keep", certain: result.outcome !== "unreachable" && validity === "valid" };
  }
  if (result.outcome === "renewed") deps.log.info("identity refreshed", fields);
  return { outcome: "save", content: next };
}

function ended(
  { log }: RenewalDeps,
  fields: { readonly session: string; readonly connector: string },
  why: string,
): Renewal {
  log.info("session ended", { ...fields, reason: why });
  return { outcome: "end" };
}

/** What an upstream left out of a renewal is kept: additional claims, and the nonce, which only the login had. */
function contentAfter(
  limits: OriginalSessionLimits,
  result: RefreshOutcome,
  content: OriginalSession,
  now: number,
): OriginalSession {
  if (result.outcome === "unsupported") return { ...content, createdAt: now };
  if (result.outcome !== "renewed") return content;
  const { nonce, additionalClaims } = content;
  return {
    ...(nonce === undefined ? {} : { nonce }),
    ...(additionalClaims === undefined ? {} : { additionalClaims }),
    ...toOriginalSession(limits, result.login, now),
  };
}
