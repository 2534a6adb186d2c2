import { createHash, randomBytes } from "node:crypto";

import type { CookieConfiguration, SealedSessionConfiguration } from "../config/configuration.ts";
import { deleteCookie, serializeCookie } from "../http/cookies.ts";
import type { Clock } from "../protocol/clock.ts";
import type { Login } from "../protocol/identity.ts";
import type { Log } from "../telemetry/log.ts";
import { sessionCookieNames, sessionCookieValues, splitCookie } from "./oauth2-proxy-cookie/cookie-chunks.ts";
import { type CookieKey, createCookieKey } from "./oauth2-proxy-cookie/cookie-key.ts";
import { type CookieSession, openSession, sealSession } from "./oauth2-proxy-cookie/session-codec.ts";
import { cookieFor } from "./session-cookie.ts";
import { type SessionEndings, createSessionEndings } from "./session-endings.ts";
import { type RefreshSchedule, type RefreshIdentity, createRefreshSchedule } from "./session-refresh.ts";
import type { LoadedSession, Session, SessionKeeper } from "./session.ts";

export interface CookieSessionsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly refreshIdentity: RefreshIdentity;
  /** Who waits for the end of sessions. Default: nobody yet. */
  readonly endings?: SessionEndings;
  readonly cookie: CookieConfiguration;
  /** The only connector there is: the cookie does not say which it came from. */
  readonly connectorId: string;
}

interface Keeper extends CookieSessionsDeps {
  readonly configuration: SealedSessionConfiguration;
  readonly key: CookieKey;
  readonly schedule: RefreshSchedule;
  readonly endings: SessionEndings;
  /** By `Cookie` header: what it opened, and until when that is believed. */
  readonly opened: Map<string, { readonly loaded: LoadedSession; readonly until: number }>;
  /** By session id: the `Set-Cookie` values of a renewal, for the requests that still come with the cookie before it. */
  readonly renewed: Map<string, { readonly loaded: LoadedSession; readonly until: number }>;
}

/** Opening a cookie costs much more than remembering that it opened; both maps are bounded. */
const MAX_REMEMBERED = 10_000;
/** A longer `Cookie` header is opened each time: whoever is signed in could fill the memory with changing ones. */
const MAX_REMEMBERED_HEADER = 8192;
const REMEMBER_SECONDS = 10;
const RENEWED_SECONDS = 60;
const NOBODY: LoadedSession = { setCookies: [] };

/**
 * Sessions that lie in the browser whole, in oauth2-proxy's cookie. They cannot be listed or ended from here; signing out deletes
 * the cookie.
 */
export function createCookieSessions(
  deps: CookieSessionsDeps,
  configuration: SealedSessionConfiguration,
): SessionKeeper {
  const key = createCookieKey(deps.cookie.name, configuration.secret.reveal(), configuration.expireSeconds);
  if (key === undefined) throw new RangeError("the cookie secret has no length that AES takes");
  const keeper: Keeper = {
    ...deps,
    configuration,
    key,
    schedule: createRefreshSchedule(),
    endings: deps.endings ?? createSessionEndings(),
    opened: new Map(),
    renewed: new Map(),
  };
  return {
    load: (request) => load(keeper, request),
    begin: async (request, _connectorId, login) => setCookies(keeper, request, cookieSessionOf(keeper, login)),
    end: (request) => end(keeper, request),
    onEnd: keeper.endings.onEnd,
  };
}

function load(keeper: Keeper, request: Request): LoadedSession | Promise<LoadedSession> {
  const header = request.headers.get("cookie");
  if (header === null || !header.includes(keeper.cookie.name)) return NOBODY;
  const now = keeper.clock();
  const remembered = keeper.opened.get(header);
  if (remembered !== undefined && now < remembered.until) return remembered.loaded;
  const values = sessionCookieValues(header, keeper.cookie.name);
  if (values.length === 0) return NOBODY;
  for (const value of values) {
    const content = openSession(keeper, keeper.key, value);
    if (content !== undefined) return live(keeper, request, header, { content, value });
  }
  return { setCookies: clearAll(keeper, request) };
}

interface Opened {
  readonly content: CookieSession;
  readonly value: string;
}

function live(
  keeper: Keeper,
  request: Request,
  header: string,
  opened: Opened,
): LoadedSession | Promise<LoadedSession> {
  const session = sessionOf(keeper, opened);
  const now = keeper.clock();
  if (!isRefreshDue(keeper, session, now)) {
    const loaded = { session, setCookies: [] };
    if (header.length <= MAX_REMEMBERED_HEADER) {
      remember(keeper.opened, header, { loaded, until: rememberUntil(keeper, session, now) });
    }
    return loaded;
  }
  const renewed = keeper.renewed.get(session.id);
  return renewed !== undefined && now < renewed.until ? renewed.loaded : renew(keeper, request, session);
}

/** Not longer than until the cookie is too old or its identity is to be renewed. */
function rememberUntil(keeper: Keeper, session: Session, now: number): number {
  const { expireSeconds, refreshSeconds } = keeper.configuration;
  const ends = [expireSeconds, refreshSeconds].filter((age) => age > 0).map((age) => session.createdAt + age);
  return Math.min(now + REMEMBER_SECONDS, ...ends);
}

function isRefreshDue(keeper: Keeper, session: Session, now: number): boolean {
  const { refreshSeconds } = keeper.configuration;
  return refreshSeconds > 0 && now > session.createdAt + refreshSeconds && keeper.schedule.isDue(session, now);
}

/** Once for all requests that carry this cookie: an upstream may take back a refresh token that is used twice. */
async function renew(keeper: Keeper, request: Request, session: Session): Promise<LoadedSession> {
  let ended = false;
  await keeper.schedule.join(session.id, async () => {
    const result = await keeper.refreshIdentity(session.connectorId, session);
    const fields = { session: session.id, connector: session.connectorId };
    if (result.outcome === "renewed") {
      const content = cookieSessionOf(keeper, result.login);
      const cookies = setCookies(keeper, request, content);
      const loaded = { session: sessionOf(keeper, { content, value: session.id }), setCookies: cookies };
      remember(keeper.renewed, session.id, { loaded, until: keeper.clock() + RENEWED_SECONDS });
      keeper.log.info("identity refreshed", fields);
    } else if (result.outcome === "revoked") {
      remember(keeper.renewed, session.id, {
        loaded: { setCookies: clearAll(keeper, request) },
        until: keeper.clock() + RENEWED_SECONDS,
      });
      keeper.endings.announce(session.id);
      keeper.log.info("session ended: revoked upstream", fields);
      ended = true;
    } else {
      keeper.schedule.postpone(session.id, keeper.clock());
    }
  });
  const renewed = keeper.renewed.get(session.id);
  if (renewed !== undefined) return renewed.loaded;
  return ended ? NOBODY : { session, setCookies: [] };
}

async function end(keeper: Keeper, request: Request): Promise<readonly string[]> {
  const header = request.headers.get("cookie");
  const { session } = await load(keeper, request);
  if (session !== undefined) keeper.endings.announce(session.id);
  if (header !== null) keeper.opened.delete(header);
  return clearAll(keeper, request);
}

/** Delete every part that the request carries. */
function clearAll(keeper: Keeper, request: Request): readonly string[] {
  const names = sessionCookieNames(request.headers.get("cookie"), keeper.cookie.name);
  return names.map((name) => deleteCookie(cookieFor(keeper.cookie, name, request, "")));
}

/** The new cookie or its parts; parts of a larger session before it are deleted, lest they be taken for its end. */
function setCookies(keeper: Keeper, request: Request, content: CookieSession): readonly string[] {
  const value = sealSession({ clock: keeper.clock, random: randomBytes }, keeper.key, content);
  const { expireSeconds } = keeper.configuration;
  const cookie = cookieFor(keeper.cookie, keeper.cookie.name, request, value);
  const parts = splitCookie(expireSeconds > 0 ? { ...cookie, maxAgeSeconds: expireSeconds } : cookie);
  const names = new Set(parts.map(({ name }) => name));
  const stale = sessionCookieNames(request.headers.get("cookie"), keeper.cookie.name).filter(
    (name) => !names.has(name),
  );
  return [
    ...parts.map(serializeCookie),
    ...stale.map((name) => deleteCookie(cookieFor(keeper.cookie, name, request, ""))),
  ];
}

function cookieSessionOf(keeper: Keeper, { identity, tokens }: Login): CookieSession {
  const { expireSeconds } = keeper.configuration;
  const createdAt = Math.trunc(keeper.clock());
  const expiresAt = tokens.expiresAt ?? (expireSeconds > 0 ? createdAt + expireSeconds : undefined);
  return {
    createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt: Math.trunc(expiresAt) }),
    accessToken: tokens.accessToken ?? "",
    idToken: tokens.idToken ?? "",
    refreshToken: tokens.refreshToken ?? "",
    email: identity.email,
    user: identity.userId,
    groups: identity.groups,
    preferredUsername: identity.preferredUsername,
  };
}

function sessionOf(keeper: Keeper, { content, value }: Opened): Session {
  const { createdAt = 0, expiresAt, accessToken, idToken, refreshToken } = content;
  const { expireSeconds } = keeper.configuration;
  return {
    id: createHash("sha256").update(value).digest("base64url").slice(0, 22),
    connectorId: keeper.connectorId,
    identity: {
      userId: content.user,
      username: content.preferredUsername || content.user,
      preferredUsername: content.preferredUsername,
      email: content.email,
      // Whoever made the cookie has checked it, as far as it was configured to.
      emailVerified: true,
      groups: content.groups,
    },
    tokens: {
      ...(accessToken === "" ? {} : { accessToken }),
      ...(idToken === "" ? {} : { idToken }),
      ...(refreshToken === "" ? {} : { refreshToken }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
    createdAt,
    refreshedAt: createdAt,
    expiresAt: expireSeconds > 0 ? createdAt + expireSeconds : 0,
  };
}

/** Put in as the newest; the oldest goes when there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.size > MAX_REMEMBERED ? map.keys().next().value : undefined;
  if (oldest !== undefined) map.delete(oldest);
}
