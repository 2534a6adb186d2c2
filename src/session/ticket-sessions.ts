import { randomBytes } from "node:crypto";

import type { TicketSessionConfiguration } from "../config/configuration.ts";
import type { Login } from "../protocol/identity.ts";
import type { RedisStore } from "../store/redis/redis-store.ts";
import { StoreError } from "../store/store-error.ts";
import { type ExpiringCache, createExpiringCache } from "./expiring-cache.ts";
import { sessionCookieValues } from "./oauth2-proxy-cookie/cookie-chunks.ts";
import { type CookieKey, createCookieKey } from "./oauth2-proxy-cookie/cookie-key.ts";
import type { OriginalSession } from "./oauth2-proxy-cookie/session-codec.ts";
import { claimedTime, openSignedValue, signValue } from "./oauth2-proxy-cookie/signed-value.ts";
import {
  type Ticket,
  createTicket,
  encodeTicket,
  openTicketValue,
  parseTicket,
  sealTicketValue,
} from "./oauth2-proxy-cookie/ticket.ts";
import { clearSessionCookies, clearWholeSessionCookie, setSessionCookies } from "./original-cookie.ts";
import { fromOriginalSession, sessionIdOf, toOriginalSession } from "./original-session.ts";
import { type RenewalPauses, createRenewalPauses } from "./renewal-pauses.ts";
import type { OwnCookieDeps } from "./session-cookie.ts";
import { type SessionEndings, createSessionEndings } from "./session-endings.ts";
import { type RenewalDeps, isRenewalDue, renewSession } from "./session-renewal.ts";
import type { LoadedSession, Session, SessionKeeper } from "./session.ts";
import { type SingleFlight, createSingleFlight } from "./single-flight.ts";
import { underTicketLock } from "./ticket-lock.ts";

export interface TicketSessionsDeps extends RenewalDeps, OwnCookieDeps {
  readonly store: RedisStore;
  /** Who waits for the end of sessions. Default: nobody yet. */
  readonly endings?: SessionEndings;
  /** The only connector there is: what is stored does not say which it came from. */
  readonly connectorId: string;
}

interface Keeper extends TicketSessionsDeps {
  readonly configuration: TicketSessionConfiguration;
  readonly key: CookieKey;
  readonly endings: SessionEndings;
  readonly renewalsInFlight: SingleFlight<Renewal>;
  readonly pauses: RenewalPauses;
  /** By `Cookie` header: whose it is. */
  readonly remembered: ExpiringCache<LoadedSession & { readonly session: Session }>;
  /** By session id: it ended here, whatever is remembered of it. */
  readonly ended: ExpiringCache<true>;
  /** By ticket id: what an upstream handed out and could not be stored yet. It may have taken back what is stored. */
  readonly unsaved: ExpiringCache<OriginalSession>;
}

/** How a renewal ended. `saved`: the cookie is set anew, with the time of the renewal. */
type Renewal =
  | { readonly outcome: "saved" | "kept"; readonly content: OriginalSession; readonly certain: boolean }
  | { readonly outcome: "ended" };

const MAX_REMEMBERED_HEADER = 8192;
/** At some 10 kB each, with what is made of them, 40 MB; whoever comes in between is opened again, which takes a moment. */
const MAX_REMEMBERED = 4000;
/** What the upstream has said of a session that it does not renew is believed for so long. */
const CERTAIN_SECONDS = 1;
const UNSAVED_SECONDS = 3600;
/** So many tickets of one request are looked up. */
const MAX_TICKETS = 4;
const NOBODY: LoadedSession = { setCookies: [] };

/**
 * Sessions that lie in Redis, as oauth2-proxy keeps them there: the cookie holds a ticket, which says where and has the key to open it.
 * A Redis that is down logs nobody out.
 */
export function createTicketSessions(
  deps: TicketSessionsDeps,
  configuration: TicketSessionConfiguration,
): SessionKeeper {
  const key = createCookieKey(deps.cookie.name, configuration.secret.reveal(), configuration.expireSeconds);
  if (key === undefined) throw new RangeError("the cookie secret has no length that AES takes");
  const keeper: Keeper = {
    ...deps,
    configuration,
    key,
    endings: deps.endings ?? createSessionEndings(),
    renewalsInFlight: createSingleFlight(),
    pauses: createRenewalPauses(),
    remembered: createExpiringCache(MAX_REMEMBERED),
    ended: createExpiringCache(),
    unsaved: createExpiringCache(),
  };
  return {
    load: (request) => load(keeper, request),
    begin: (request, _connectorId, login) => begin(keeper, request, login),
    end: (request) => end(keeper, request),
    onEnd: keeper.endings.onEnd,
    ping: () => keeper.store.ping(),
    close: () => keeper.store.close(),
  };
}

function load(keeper: Keeper, request: Request): LoadedSession | Promise<LoadedSession> {
  const header = request.headers.get("cookie");
  if (header === null || !header.includes(keeper.cookie.name)) return NOBODY;
  const now = keeper.clock();
  const remembered = keeper.remembered.get(header, now);
  if (remembered !== undefined && keeper.ended.get(remembered.session.id, now) === undefined) return remembered;
  const values = sessionCookieValues(header, keeper.cookie.name);
  return values.length === 0 ? NOBODY : loadFromStore(keeper, request, values);
}

async function loadFromStore(keeper: Keeper, request: Request, values: readonly string[]): Promise<LoadedSession> {
  for (const [ticket, signedAt] of ticketsAmong(keeper, values)) {
    const content = await find(keeper, ticket);
    if (content === undefined) continue;
    const loaded = await live(keeper, request, { ticket, signedAt, content });
    if (loaded !== undefined) return loaded;
  }
  return { setCookies: clearSessionCookies(keeper, request) };
}

/** Those that were signed by us, the newest first, and when. */
function ticketsAmong(keeper: Keeper, values: readonly string[]): readonly (readonly [Ticket, number])[] {
  return values.slice(0, MAX_TICKETS).flatMap((value) => {
    const payload = openSignedValue(keeper, keeper.key, value);
    const ticket = payload === undefined ? undefined : parseTicket(payload, keeper.cookie.name);
    return ticket === undefined ? [] : [[ticket, claimedTime(value)] as const];
  });
}

async function find(keeper: Keeper, ticket: Ticket): Promise<OriginalSession | undefined> {
  const value = await keeper.store.get(ticket.id);
  const unsaved = keeper.unsaved.get(ticket.id, keeper.clock());
  if (value === undefined || unsaved === undefined) {
    return value === undefined ? undefined : openTicketValue(ticket, value);
  }
  return (await save(keeper, ticket, unsaved)) ? unsaved : undefined;
}

interface Opened {
  readonly ticket: Ticket;
  readonly content: OriginalSession;
  /** When the cookie was signed. */
  readonly signedAt: number;
}

async function live(keeper: Keeper, request: Request, opened: Opened): Promise<LoadedSession | undefined> {
  const { ticket, content } = opened;
  const now = keeper.clock();
  if (!isRenewalDue(keeper.configuration, content.createdAt, now)) {
    return remember(keeper, request, opened, rememberUntil(keeper, opened, now));
  }
  if (keeper.pauses.isPaused(ticket.id, now)) {
    const hasEnded = content.expiresAt !== undefined && content.expiresAt < now;
    return hasEnded ? undefined : { session: sessionOf(keeper, ticket, content), setCookies: [] };
  }
  const renewal = await keeper.renewalsInFlight.join(ticket.id, () => renewUnderLock(keeper, ticket, content));
  if (renewal.outcome === "ended") return undefined;
  if (renewal.outcome === "saved") {
    const setCookies = ticketCookies(keeper, request, { ticket, content: renewal.content });
    return { session: sessionOf(keeper, ticket, renewal.content), setCookies };
  }
  const kept = { ...opened, content: renewal.content };
  return remember(keeper, request, kept, renewal.certain ? keeper.clock() + CERTAIN_SECONDS : 0);
}

/** @param until when it is looked up again, seconds since the epoch. */
function remember(keeper: Keeper, request: Request, { ticket, content }: Opened, until: number): LoadedSession {
  const loaded = { session: sessionOf(keeper, ticket, content), setCookies: [] };
  const header = request.headers.get("cookie");
  const now = keeper.clock();
  if (until > now && header !== null && header.length <= MAX_REMEMBERED_HEADER) {
    keeper.remembered.put(header, loaded, until, now);
  }
  return loaded;
}

/** Not longer than until the cookie is too old or the identity is to be renewed. */
function rememberUntil(keeper: Keeper, { content, signedAt }: Opened, now: number): number {
  const { expireSeconds, refreshSeconds, cacheSeconds } = keeper.configuration;
  const tooOld = expireSeconds > 0 ? signedAt + expireSeconds : Infinity;
  const due = refreshSeconds > 0 ? (content.createdAt ?? now) + refreshSeconds : Infinity;
  return Math.min(now + cacheSeconds, tooOld, due);
}

/** One process at a time, the original's included; what it did meanwhile counts. */
async function renewUnderLock(keeper: Keeper, ticket: Ticket, seen: OriginalSession): Promise<Renewal> {
  const result = await underTicketLock(keeper, ticket.id, () => renewOnce(keeper, ticket));
  if (result !== undefined) return result;
  keeper.log.warn("identity not refreshed: another process has been at it for too long", {
    session: sessionIdOf(ticket.id),
  });
  return { outcome: "kept", content: seen, certain: false };
}

async function renewOnce(keeper: Keeper, ticket: Ticket): Promise<Renewal> {
  const content = await find(keeper, ticket);
  if (content === undefined) return { outcome: "ended" };
  if (!isRenewalDue(keeper.configuration, content.createdAt, keeper.clock())) {
    return { outcome: "kept", content, certain: true };
  }
  const session = sessionOf(keeper, ticket, content);
  const result = await renewSession(keeper, keeper.configuration, { session, content });
  if (result.outcome === "keep") {
    if (result.certain) keeper.pauses.succeeded(ticket.id);
    else keeper.pauses.failed(ticket.id, keeper.clock());
    return { outcome: "kept", content, certain: result.certain };
  }
  keeper.pauses.succeeded(ticket.id);
  if (result.outcome === "end") {
    await revoke(keeper, ticket);
    return { outcome: "ended" };
  }
  const isThere = await save(keeper, ticket, result.content);
  return isThere ? { outcome: "saved", content: result.content, certain: true } : { outcome: "ended" };
}

/**
 * Store what an upstream handed out, which must not be lost to a Redis that is down.
 * @returns false when the session was ended meanwhile.
 */
async function save(keeper: Keeper, ticket: Ticket, content: OriginalSession): Promise<boolean> {
  const value = sealTicketValue(randomBytes, ticket, content);
  try {
    const isThere = await keeper.store.replace(ticket.id, value, keeper.configuration.expireSeconds);
    keeper.unsaved.delete(ticket.id);
    return isThere;
  } catch (error) {
    const now = keeper.clock();
    if (error instanceof StoreError) keeper.unsaved.put(ticket.id, content, now + UNSAVED_SECONDS, now);
    throw error;
  }
}

/** A ticket is never used for a second login: whoever planted the first one would share the session. */
async function begin(keeper: Keeper, request: Request, login: Login): Promise<readonly string[]> {
  const { configuration, cookie, store } = keeper;
  const content = toOriginalSession(configuration, login, Math.trunc(keeper.clock()));
  const ticket = createTicket(randomBytes, cookie.name);
  await store.create(ticket.id, sealTicketValue(randomBytes, ticket, content), configuration.expireSeconds);
  await endAll(keeper, request);
  return ticketCookies(keeper, request, { ticket, content });
}

async function end(keeper: Keeper, request: Request): Promise<readonly string[]> {
  await endAll(keeper, request);
  return clearWholeSessionCookie(keeper, request);
}

/** End every session that the request proves to hold. */
async function endAll(keeper: Keeper, request: Request): Promise<void> {
  const values = sessionCookieValues(request.headers.get("cookie"), keeper.cookie.name);
  for (const [ticket] of ticketsAmong(keeper, values)) await revoke(keeper, ticket);
}

async function revoke(keeper: Keeper, { id }: Ticket): Promise<void> {
  await keeper.store.remove(id);
  const sessionId = sessionIdOf(id);
  keeper.unsaved.delete(id);
  const now = keeper.clock();
  keeper.ended.put(sessionId, true, now + keeper.configuration.cacheSeconds + CERTAIN_SECONDS, now);
  keeper.endings.announce(sessionId);
}

function ticketCookies(
  keeper: Keeper,
  request: Request,
  { ticket, content }: { readonly ticket: Ticket; readonly content: OriginalSession },
): readonly string[] {
  const value = signValue(keeper.key, encodeTicket(ticket), content.createdAt ?? keeper.clock());
  return setSessionCookies(keeper, request, { value, expireSeconds: keeper.configuration.expireSeconds });
}

function sessionOf({ configuration, connectorId }: Keeper, ticket: Ticket, content: OriginalSession): Session {
  return fromOriginalSession(configuration, content, { id: sessionIdOf(ticket.id), connectorId });
}
