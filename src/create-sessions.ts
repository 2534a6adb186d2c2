import type { Configuration } from "./config/configuration.ts";
import type { KeyRing } from "./crypto/seal.ts";
import type { Clock } from "./protocol/clock.ts";
import { createSessionCookie } from "./session/session-cookie.ts";
import type { RefreshIdentity } from "./session/session-refresh.ts";
import type { SessionKeeper } from "./session/session.ts";
import type { SessionStore } from "./store/ports.ts";
import type { Log } from "./telemetry/log.ts";

export interface CreateSessionsDeps {
  readonly store: SessionStore;
  readonly keyRing: KeyRing;
  readonly clock: Clock;
  readonly log: Log;
  readonly refreshIdentity: RefreshIdentity;
}

/** How sessions are kept: as the configuration says. Only that way's code is loaded. */
export async function createSessions(
  deps: CreateSessionsDeps,
  { session, cookie }: Configuration,
): Promise<SessionKeeper> {
  const sessionCookie = createSessionCookie(cookie);
  if (session.kind === "record") {
    const { createRecordSessions } = await import("./session/record-sessions.ts");
    return createRecordSessions({ ...deps, cookie: sessionCookie }, session);
  }
  const { createCookieSessions } = await import("./session/cookie-sessions.ts");
  return createCookieSessions({ ...deps, cookie: sessionCookie }, session);
}
