import type { Configuration } from "./config/configuration.ts";
import type { KeyRing } from "./crypto/seal.ts";
import type { Clock } from "./protocol/clock.ts";
import { createSessionCookie } from "./session/session-cookie.ts";
import type { SessionEndings } from "./session/session-endings.ts";
import type { RefreshIdentity, ValidateIdentity } from "./session/session-refresh.ts";
import type { SessionKeeper } from "./session/session.ts";
import type { SessionStore } from "./store/ports.ts";
import type { Log } from "./telemetry/log.ts";

export interface CreateSessionsDeps {
  readonly store: SessionStore;
  readonly keyRing: KeyRing;
  readonly clock: Clock;
  readonly log: Log;
  readonly refreshIdentity: RefreshIdentity;
  readonly validateIdentity: ValidateIdentity;
  readonly endings: SessionEndings;
}

/** How sessions are kept: as the configuration says. Only that way's code is loaded. */
export async function createSessions(
  deps: CreateSessionsDeps,
  { session, cookie, connectors }: Configuration,
): Promise<SessionKeeper> {
  if (session.kind === "record") {
    const { createRecordSessions } = await import("./session/record-sessions.ts");
    return createRecordSessions({ ...deps, cookie: createSessionCookie(cookie) }, session);
  }
  const connectorId = connectors[0]?.id ?? "";
  if (session.kind === "oauth2-proxy-redis") {
    const { createRedisStore } = await import("./store/redis/redis-store.ts");
    const { createTicketSessions } = await import("./session/ticket-sessions.ts");
    const store = createRedisStore(deps, session.redis);
    return createTicketSessions({ ...deps, store, cookie, connectorId }, session);
  }
  const { createCookieSessions } = await import("./session/cookie-sessions.ts");
  return createCookieSessions({ ...deps, cookie, connectorId }, session);
}
