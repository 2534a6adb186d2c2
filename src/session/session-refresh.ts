import type { Login } from "../protocol/identity.ts";
import type { Session } from "./session.ts";

/** How a renewal at the upstream ended. */
export type RefreshOutcome =
  | { readonly outcome: "renewed"; readonly login: Login }
  /** The upstream took it back: the session ends. */
  | { readonly outcome: "revoked" }
  /** It could not be asked: the session lives on until its own end. */
  | { readonly outcome: "unreachable" }
  /** This login holds nothing that it could be renewed with. */
  | { readonly outcome: "not-renewable" }
  /** This connector renews no identities. */
  | { readonly outcome: "unsupported" };

/** Renew an identity at its connector. Never throws. */
export type RefreshIdentity = (connectorId: string, login: Login) => Promise<RefreshOutcome>;

/** What the upstream says of a login without renewing it. `unknown`: it could not be asked, or cannot tell. */
export type Validity = "valid" | "invalid" | "unknown";

/**
 * Ask whether a login is still good. Never throws.
 * @param renewed it was renewed just now.
 */
export type ValidateIdentity = (connectorId: string, login: Login, renewed: boolean) => Promise<Validity>;

/** An access token is renewed this long before it ends. */
const MARGIN_SECONDS = 60;
/** How often an identity is confirmed whose upstream names no end. */
const PERIOD_SECONDS = 300;
/** After an upstream could not be asked, this process waits so long before it asks again for the same session. */
const RETRY_SECONDS = 15;

/** Run one renewal a session at a time in this process; all who wait get the same result. */
export interface RefreshSchedule {
  isDue(session: Session, now: number): boolean;
  /** Join the renewal in flight for this session, or start `renew`. */
  join(sessionId: string, renew: () => Promise<void>): Promise<void>;
  /** Do not ask the upstream again for a while. */
  postpone(sessionId: string, now: number): void;
}

export function createRefreshSchedule(): RefreshSchedule {
  const inFlight = new Map<string, Promise<void>>();
  const notBefore = new Map<string, number>();
  return {
    isDue: (session, now) => now >= refreshDueAt(session) && now >= (notBefore.get(session.id) ?? 0),
    join(sessionId, renew) {
      const running = inFlight.get(sessionId);
      if (running !== undefined) return running;
      const started = renew().finally(() => inFlight.delete(sessionId));
      inFlight.set(sessionId, started);
      return started;
    },
    postpone(sessionId, now) {
      // In the order of their ends, because each waits equally long.
      for (const [id, until] of notBefore) {
        if (until > now) break;
        notBefore.delete(id);
      }
      notBefore.delete(sessionId);
      notBefore.set(sessionId, now + RETRY_SECONDS);
    },
  };
}

/** When an identity is to be renewed, seconds since the epoch. */
export function refreshDueAt(session: Session): number {
  const { expiresAt } = session.tokens;
  if (expiresAt === undefined || expiresAt === 0) return session.refreshedAt + PERIOD_SECONDS;
  // A token that lives for less than two margins is renewed at half its life, not at once and again at once.
  const life = expiresAt - session.refreshedAt;
  return expiresAt - Math.min(MARGIN_SECONDS, life / 2);
}
