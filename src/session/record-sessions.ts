import { randomUUID } from "node:crypto";

import type { RecordSessionConfiguration } from "../config/configuration.ts";
import type { KeyRing } from "../crypto/seal.ts";
import type { Clock } from "../protocol/clock.ts";
import type { Login } from "../protocol/identity.ts";
import type { SessionRecord, SessionStore } from "../store/ports.ts";
import type { Log } from "../telemetry/log.ts";
import { type CachedSession, type SessionCache, createSessionCache } from "./session-cache.ts";
import type { SessionCookie } from "./session-cookie.ts";
import { type SessionEndings, createSessionEndings } from "./session-endings.ts";
import {
  type SessionKey,
  createSessionKey,
  hashSecret,
  parseSessionKey,
  recordFields,
  secretMatches,
  sessionOf,
} from "./session-record.ts";
import {
  type RefreshIdentity,
  type RefreshOutcome,
  type RefreshSchedule,
  createRefreshSchedule,
} from "./session-refresh.ts";
import type { LoadedSession, Session, SessionKeeper } from "./session.ts";

export interface RecordSessionsDeps {
  readonly store: SessionStore;
  readonly keyRing: KeyRing;
  readonly cookie: SessionCookie;
  readonly clock: Clock;
  readonly log: Log;
  readonly refreshIdentity: RefreshIdentity;
  /** Who waits for the end of sessions. Default: nobody yet. */
  readonly endings?: SessionEndings;
}

/** Sessions whose record lies in the store: they can be listed, and end everywhere. */
export interface RecordSessions extends SessionKeeper {
  list(): Promise<readonly SessionRecord[]>;
  /** End a session by its id, from whichever process. @returns false when there was none. */
  revoke(sessionId: string): Promise<boolean>;
}

interface Keeper extends RecordSessionsDeps {
  readonly configuration: RecordSessionConfiguration;
  readonly cache: SessionCache;
  readonly schedule: RefreshSchedule;
  readonly endings: SessionEndings;
  /** By session id: what an upstream handed out and could not be stored yet. It may have taken back what is stored. */
  readonly unsaved: Map<string, Login>;
  /** This process, as the holder of refresh leases. */
  readonly holder: string;
}

/** How long a refresh may take before another process may try. */
const LEASE_SECONDS = 30;
/** `lastSeenAt` is written at most this often, or a tenth of the idle time when that is shorter. */
const TOUCH_SECONDS = 60;
const NOBODY: LoadedSession = { setCookies: [] };

export function createRecordSessions(
  deps: RecordSessionsDeps,
  configuration: RecordSessionConfiguration,
): RecordSessions {
  const keeper: Keeper = {
    ...deps,
    configuration,
    cache: createSessionCache(),
    schedule: createRefreshSchedule(),
    endings: deps.endings ?? createSessionEndings(),
    unsaved: new Map(),
    holder: randomUUID(),
  };
  return {
    load: (request) => load(keeper, request),
    begin: (request, connectorId, login) => begin(keeper, request, connectorId, login),
    end: (request) => end(keeper, request),
    onEnd: keeper.endings.onEnd,
    list: () => keeper.store.sessions.list(),
    revoke: (sessionId) => revoke(keeper, sessionId),
  };
}

function load(keeper: Keeper, request: Request): LoadedSession | Promise<LoadedSession> {
  const values = keeper.cookie.read(request);
  const [only] = values;
  if (only === undefined) return NOBODY;
  if (values.length === 1) {
    const cached = keeper.cache.get(only);
    const now = keeper.clock();
    if (cached !== undefined && isFresh(keeper, cached, now)) return cached.loaded;
  }
  return loadFromStore(keeper, request, values);
}

function isFresh(keeper: Keeper, cached: CachedSession, now: number): boolean {
  return (
    now < cached.freshUntil && isLive(keeper, cached.record, now) && !keeper.schedule.isDue(cached.loaded.session, now)
  );
}

function isLive(keeper: Keeper, record: SessionRecord, now: number): boolean {
  return now < record.expiresAt && now < record.lastSeenAt + keeper.configuration.idleSeconds;
}

/**
 * A sibling host can plant a second cookie of the same name for the parent domain. One that opens is used; when two different
 * ones open, nobody can tell which is the person's own, and nobody is signed in.
 */
async function loadFromStore(keeper: Keeper, request: Request, values: readonly string[]): Promise<LoadedSession> {
  const found = new Map<string, LoadedSession>();
  for (const value of new Set(values.slice(0, 4))) {
    const loaded = await open(keeper, value);
    if (loaded?.session !== undefined) found.set(loaded.session.id, loaded);
  }
  const [first] = found.values();
  if (first !== undefined && found.size === 1) return first;
  return { setCookies: [keeper.cookie.clear(request)] };
}

async function open(keeper: Keeper, cookieValue: string): Promise<LoadedSession | undefined> {
  const key = parseSessionKey(cookieValue);
  if (key === undefined) return undefined;
  const record = await findLive(keeper, key);
  if (record === undefined) return undefined;
  const session = sessionOf(keeper.keyRing, record);
  if (!keeper.schedule.isDue(session, keeper.clock()))
    return remember(keeper, cookieValue, await touch(keeper, record));
  await keeper.schedule.join(session.id, () => refreshUnderLease(keeper, session.id));
  const refreshed = await findLive(keeper, key);
  return refreshed === undefined ? undefined : remember(keeper, cookieValue, await touch(keeper, refreshed));
}

async function findLive(keeper: Keeper, key: SessionKey): Promise<SessionRecord | undefined> {
  const record = await keeper.store.sessions.find(key.id);
  if (record === undefined || !secretMatches(record, key.secret)) return undefined;
  return isLive(keeper, record, keeper.clock()) ? record : undefined;
}

function remember(keeper: Keeper, cookieValue: string, record: SessionRecord): LoadedSession {
  const loaded = { session: sessionOf(keeper.keyRing, record), setCookies: [] };
  const freshUntil = keeper.clock() + keeper.configuration.cacheSeconds;
  keeper.cache.put(cookieValue, { loaded, record, freshUntil });
  return loaded;
}

/** Move the idle end, seldom. A lost race means that somebody else just moved it. */
async function touch(keeper: Keeper, record: SessionRecord): Promise<SessionRecord> {
  const now = keeper.clock();
  const step = Math.min(TOUCH_SECONDS, keeper.configuration.idleSeconds / 10);
  if (now < record.lastSeenAt + step) return record;
  const next = { ...record, lastSeenAt: now };
  return (await keeper.store.sessions.replace(record, next)) ? next : record;
}

/** One process at a time renews; the others go on with what they have, which is still good for the margin. */
async function refreshUnderLease(keeper: Keeper, sessionId: string): Promise<void> {
  const lease = `refresh:${sessionId}`;
  if (!(await keeper.store.leases.acquire(lease, keeper.holder, LEASE_SECONDS))) return;
  try {
    const record = await keeper.store.sessions.find(sessionId);
    if (record === undefined) return;
    const session = sessionOf(keeper.keyRing, record);
    if (keeper.schedule.isDue(session, keeper.clock())) await refresh(keeper, session);
  } finally {
    await keeper.store.leases.release(lease, keeper.holder);
  }
}

async function refresh(keeper: Keeper, session: Session): Promise<void> {
  const unsaved = keeper.unsaved.get(session.id);
  const result: RefreshOutcome =
    unsaved === undefined
      ? await keeper.refreshIdentity(session.connectorId, session)
      : { outcome: "renewed", login: unsaved };
  const fields = { session: session.id, connector: session.connectorId };
  if (result.outcome === "renewed") {
    keeper.unsaved.set(session.id, result.login);
    await saveRenewed(keeper, session.id, result.login);
    keeper.unsaved.delete(session.id);
    keeper.log.info("identity refreshed", fields);
  } else if (result.outcome === "revoked") {
    await revoke(keeper, session.id);
    keeper.log.info("session ended: revoked upstream", fields);
  } else {
    keeper.schedule.postpone(session.id, keeper.clock());
    if (result.outcome === "unreachable") keeper.log.warn("identity not refreshed: upstream unreachable", fields);
  }
}

/** The upstream may have rotated its refresh token: what it handed out must not be lost to a race or to a store that is down. */
async function saveRenewed(keeper: Keeper, sessionId: string, login: Login): Promise<void> {
  for (;;) {
    const record = await keeper.store.sessions.find(sessionId);
    if (record === undefined) return;
    const next = { ...record, ...recordFields(keeper.keyRing, sessionId, login), refreshedAt: keeper.clock() };
    if (await keeper.store.sessions.replace(record, next)) break;
  }
  keeper.cache.evict(sessionId);
}

async function begin(keeper: Keeper, request: Request, connectorId: string, login: Login): Promise<readonly string[]> {
  await endAll(keeper, request);
  const now = keeper.clock();
  const key = createSessionKey();
  await keeper.store.sessions.create({
    id: key.id,
    secretHash: hashSecret(key.secret),
    connectorId,
    ...recordFields(keeper.keyRing, key.id, login),
    createdAt: now,
    lastSeenAt: now,
    refreshedAt: now,
    expiresAt: now + keeper.configuration.lifetimeSeconds,
  });
  return [keeper.cookie.set(request, `${key.id}.${key.secret}`, keeper.configuration.lifetimeSeconds)];
}

async function end(keeper: Keeper, request: Request): Promise<readonly string[]> {
  await endAll(keeper, request);
  return [keeper.cookie.clear(request)];
}

/** End every session that the request proves to hold. */
async function endAll(keeper: Keeper, request: Request): Promise<void> {
  for (const value of keeper.cookie.read(request).slice(0, 4)) {
    const key = parseSessionKey(value);
    const record = key === undefined ? undefined : await keeper.store.sessions.find(key.id);
    if (key !== undefined && record !== undefined && secretMatches(record, key.secret)) await revoke(keeper, record.id);
  }
}

async function revoke(keeper: Keeper, sessionId: string): Promise<boolean> {
  for (;;) {
    const record = await keeper.store.sessions.find(sessionId);
    if (record !== undefined && !(await keeper.store.sessions.remove(record))) continue;
    keeper.cache.evict(sessionId);
    keeper.endings.announce(sessionId);
    return record !== undefined;
  }
}
