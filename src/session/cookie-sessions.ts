import { randomBytes } from "node:crypto";

import type { SealedSessionConfiguration } from "../config/configuration.ts";
import type { Login } from "../protocol/identity.ts";
import { type ExpiringCache, createExpiringCache } from "./expiring-cache.ts";
import { sessionCookieValues } from "./oauth2-proxy-cookie/cookie-chunks.ts";
import { type CookieKey, createCookieKey } from "./oauth2-proxy-cookie/cookie-key.ts";
import { type OriginalSession, openSession, sealSession } from "./oauth2-proxy-cookie/session-codec.ts";
import { clearSessionCookies, setSessionCookies } from "./original-cookie.ts";
import { fromOriginalSession, sessionIdOf, toOriginalSession, withoutTokens } from "./original-session.ts";
import { type RenewalPauses, createRenewalPauses } from "./renewal-pauses.ts";
import type { OwnCookieDeps } from "./session-cookie.ts";
import { type SessionEndings, createSessionEndings } from "./session-endings.ts";
import { type RenewalDeps, isRenewalDue, renewSession } from "./session-renewal.ts";
import type { LoadedSession, Session, SessionKeeper } from "./session.ts";
import { type SingleFlight, createSingleFlight } from "./single-flight.ts";

export interface CookieSessionsDeps extends RenewalDeps, OwnCookieDeps {
  /** Who waits for the end of sessions. Default: nobody yet. */
  readonly endings?: SessionEndings;
  /** The only connector there is: the cookie does not say which it came from. */
  readonly connectorId: string;
}

interface Keeper extends CookieSessionsDeps {
  readonly configuration: SealedSessionConfiguration;
  readonly key: CookieKey;
  readonly endings: SessionEndings;
  readonly renewalsInFlight: SingleFlight<Renewal>;
  readonly pauses: RenewalPauses;
  /** By `Cookie` header: what it opened. */
  readonly remembered: ExpiringCache<LoadedSession>;
  /** By `OpenedCookie.key`: what became of it, for the requests that still come with the cookie before its renewal. */
  readonly renewals: ExpiringCache<Renewal>;
  /** By `OpenedCookie.key`: the id under which the session began here. It outlives renewals. */
  readonly ids: ExpiringCache<string>;
}

/** A session cookie that opened. */
interface OpenedCookie {
  readonly content: OriginalSession;
  readonly session: Session;
  /** A short name of the cookie's value. */
  readonly key: string;
}

/** How a renewal ended: with a new cookie, with the same one, or with none. */
type Renewal =
  | { readonly outcome: "saved"; readonly value: string }
  | { readonly outcome: "kept"; readonly certain: boolean }
  | { readonly outcome: "ended" };

/** A longer `Cookie` header is opened each time: whoever is signed in could fill the memory with changing ones. */
const MAX_REMEMBERED_HEADER = 8192;
/** At some 10 kB each, with what is made of them, 40 MB; whoever comes in between is opened again, which takes a moment. */
const MAX_REMEMBERED = 4000;
const REMEMBER_SECONDS = 10;
/** What the upstream has said of a session that it does not renew is believed for so long. */
const CERTAIN_SECONDS = 1;
const REMEMBER_RENEWAL_SECONDS = 60;
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
    endings: deps.endings ?? createSessionEndings(),
    renewalsInFlight: createSingleFlight(),
    pauses: createRenewalPauses(),
    remembered: createExpiringCache(MAX_REMEMBERED),
    renewals: createExpiringCache(MAX_REMEMBERED),
    ids: createExpiringCache(),
  };
  return {
    load: (request) => load(keeper, request),
    begin: (request, _connectorId, login) => begin(keeper, request, login),
    end: (request) => end(keeper, request),
    onEnd: keeper.endings.onEnd,
  };
}

function load(keeper: Keeper, request: Request): LoadedSession | Promise<LoadedSession> {
  const header = request.headers.get("cookie");
  if (header === null || !header.includes(keeper.cookie.name)) return NOBODY;
  const now = keeper.clock();
  const remembered = keeper.remembered.get(header, now);
  if (remembered !== undefined) return remembered;
  const values = sessionCookieValues(header, keeper.cookie.name);
  if (values.length === 0) return NOBODY;
  const opened = openNewest(keeper, values);
  return opened === undefined
    ? { setCookies: clearSessionCookies(keeper, request) }
    : live(keeper, request, { opened, header });
}

function live(
  keeper: Keeper,
  request: Request,
  { opened, header }: { readonly opened: OpenedCookie; readonly header: string },
): LoadedSession | Promise<LoadedSession> {
  const now = keeper.clock();
  const renewal = keeper.renewals.get(opened.key, now);
  const latest = renewal === undefined ? opened : latestOf(keeper, opened, renewal);
  if (latest === undefined) return { setCookies: clearSessionCookies(keeper, request) };
  if (isRenewalDue(keeper.configuration, latest.session.createdAt, now)) return renew(keeper, request, latest);
  if (renewal !== undefined) return { session: latest.session, setCookies: renewalCookies(keeper, request, renewal) };
  return remember(keeper, header, opened.session, rememberUntil(keeper, opened.session, now));
}

/** The newest that opens: an old cookie, or one that a sibling host planted, may come along. */
function openNewest(keeper: Keeper, values: readonly string[]): OpenedCookie | undefined {
  for (const value of values) {
    const content = openSession(keeper, keeper.key, value);
    if (content !== undefined) return openedCookie(keeper, content, sessionIdOf(value));
  }
  return undefined;
}

function openedCookie(keeper: Keeper, content: OriginalSession, key: string): OpenedCookie {
  const id = keeper.ids.get(key, keeper.clock()) ?? key;
  const { configuration, connectorId } = keeper;
  return { content, session: fromOriginalSession(configuration, content, { id, connectorId }), key };
}

function remember(keeper: Keeper, header: string, session: Session, until: number): LoadedSession {
  const loaded = { session, setCookies: [] };
  if (header.length <= MAX_REMEMBERED_HEADER) keeper.remembered.put(header, loaded, until, keeper.clock());
  return loaded;
}

/** Not longer than until the cookie is too old or its identity is to be renewed. */
function rememberUntil(keeper: Keeper, session: Session, now: number): number {
  const { expireSeconds, refreshSeconds } = keeper.configuration;
  const ends = [expireSeconds, refreshSeconds].filter((age) => age > 0).map((age) => session.createdAt + age);
  return Math.min(now + REMEMBER_SECONDS, ...ends);
}

/** Once for all requests that carry this cookie: an upstream may take back a refresh token that is used twice. */
async function renew(keeper: Keeper, request: Request, opened: OpenedCookie): Promise<LoadedSession> {
  const { key, session } = opened;
  if (keeper.pauses.isPaused(key, keeper.clock())) return whilePaused(keeper, request, opened);
  const renewal = await keeper.renewalsInFlight.join(key, () => renewOnce(keeper, opened));
  const loaded = loadedFrom(keeper, request, { opened, renewal });
  const header = request.headers.get("cookie");
  if (renewal.outcome === "kept" && renewal.certain && header !== null) {
    remember(keeper, header, session, keeper.clock() + CERTAIN_SECONDS);
  }
  return loaded;
}

/** The upstream is in trouble, so only the end of the tokens counts. */
function whilePaused(keeper: Keeper, request: Request, { session }: OpenedCookie): LoadedSession {
  const { expiresAt } = session.tokens;
  if (expiresAt === undefined || keeper.clock() <= expiresAt) return { session, setCookies: [] };
  return { setCookies: clearSessionCookies(keeper, request) };
}

async function renewOnce(keeper: Keeper, { key, session, content }: OpenedCookie): Promise<Renewal> {
  const result = await renewSession(keeper, keeper.configuration, { session, content });
  const now = keeper.clock();
  if (result.outcome === "keep") {
    if (result.certain) keeper.pauses.succeeded(key);
    else keeper.pauses.failed(key, now);
    return { outcome: "kept", certain: result.certain };
  }
  keeper.pauses.succeeded(key);
  if (result.outcome === "end") keeper.endings.announce(session.id);
  const renewal: Renewal = result.outcome === "end" ? { outcome: "ended" } : saved(keeper, session, result.content);
  keeper.renewals.put(key, renewal, now + REMEMBER_RENEWAL_SECONDS, now);
  return renewal;
}

function saved(keeper: Keeper, { id }: Session, content: OriginalSession): Renewal {
  const value = seal(keeper, content);
  const key = sessionIdOf(value);
  const { expireSeconds } = keeper.configuration;
  const now = keeper.clock();
  keeper.ids.put(key, id, expireSeconds > 0 ? now + expireSeconds : Infinity, now);
  return { outcome: "saved", value };
}

function loadedFrom(
  keeper: Keeper,
  request: Request,
  { opened, renewal }: { readonly opened: OpenedCookie; readonly renewal: Renewal },
): LoadedSession {
  const latest = latestOf(keeper, opened, renewal);
  if (latest === undefined) return { setCookies: clearSessionCookies(keeper, request) };
  return { session: latest.session, setCookies: renewalCookies(keeper, request, renewal) };
}

/** What a session has become; undefined when it has ended. Of a renewal only the cookie is remembered: opened, it takes more memory. */
function latestOf(keeper: Keeper, opened: OpenedCookie, renewal: Renewal): OpenedCookie | undefined {
  if (renewal.outcome === "ended") return undefined;
  return renewal.outcome === "saved" ? openNewest(keeper, [renewal.value]) : opened;
}

function renewalCookies(keeper: Keeper, request: Request, renewal: Renewal): readonly string[] {
  return renewal.outcome === "saved" ? cookiesFor(keeper, request, renewal.value) : [];
}

async function begin(keeper: Keeper, request: Request, login: Login): Promise<readonly string[]> {
  await end(keeper, request);
  const content = toOriginalSession(keeper.configuration, login, Math.trunc(keeper.clock()));
  return cookiesFor(keeper, request, seal(keeper, content));
}

/** Nobody is asked to renew what ends. */
async function end(keeper: Keeper, request: Request): Promise<readonly string[]> {
  const header = request.headers.get("cookie");
  if (header === null) return [];
  const opened = openNewest(keeper, sessionCookieValues(header, keeper.cookie.name));
  if (opened !== undefined) keeper.endings.announce(opened.session.id);
  keeper.remembered.delete(header);
  return clearSessionCookies(keeper, request);
}

function seal({ clock, key, configuration }: Keeper, content: OriginalSession): string {
  const sealed = configuration.minimal ? withoutTokens(content) : content;
  return sealSession({ clock, random: randomBytes }, key, sealed);
}

function cookiesFor(keeper: Keeper, request: Request, value: string): readonly string[] {
  return setSessionCookies(keeper, request, { value, expireSeconds: keeper.configuration.expireSeconds });
}
