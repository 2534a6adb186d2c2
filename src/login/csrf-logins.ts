import { randomBytes } from "node:crypto";

import type { CsrfConfiguration } from "../config/oauth2-proxy-configuration.ts";
import { type Cookie, cookiePairs, deleteCookie, serializeCookie } from "../http/cookies.ts";
import type { Clock } from "../protocol/clock.ts";
import type { Secret } from "../protocol/secret.ts";
import { type CookieKey, createCookieKey } from "../session/oauth2-proxy-cookie/cookie-key.ts";
import { claimedTime } from "../session/oauth2-proxy-cookie/signed-value.ts";
import { type OwnCookieDeps, cookieFor } from "../session/session-cookie.ts";
import { type CsrfLogin, openCsrfLogins, ownsState, publicHash, sealCsrfLogins } from "./csrf-cookie.ts";
import { type FinishedStates, createFinishedStates } from "./finished-states.ts";

export interface CsrfLoginsDeps extends OwnCookieDeps {
  readonly clock: Clock;
  /** So many random bytes. Default: the system's. */
  readonly random?: (size: number) => Uint8Array;
}

export interface CsrfLoginsConfiguration {
  /** `cookie-secret` as typed. */
  readonly secret: Secret;
  readonly csrf: CsrfConfiguration;
  /** The whole `state` is base64url. */
  readonly encodeState: boolean;
}

/** A login that begins. */
export interface CsrfLoginStart {
  readonly state: string;
  /** For the authorization request, and to be found in the ID token. */
  readonly nonce: string;
  /** Empty without PKCE. */
  readonly codeVerifier: string;
  readonly setCookies: readonly string[];
}

/** A login that the browser came back with. */
export interface PendingCsrfLogin {
  /** The return target out of `state`. It went through the browser and the provider, unsigned: judge it again. */
  readonly redirect: string;
  readonly nonce: string;
  readonly nonceSecret: Uint8Array;
  readonly codeVerifier: string;
}

export interface CsrfLoginEnd {
  /** `malformed`: `state` has no such form. `unknown`: no cookie of the request belongs to it, or it was used already. */
  readonly outcome: "malformed" | "unknown" | "ok";
  readonly pending?: PendingCsrfLogin;
  /** The return target out of a well-formed `state`, whoever made it: judge it. */
  readonly redirect?: string;
  /** Take the login out of the cookie that it lay in; the last one deletes it. */
  readonly setCookies: readonly string[];
  /** Nothing came of it: the browser, which keeps its cookie, may come back with it once more. */
  readonly reopen?: () => void;
}

/** Logins in flight in the original's cookies: those that it began are finished here, and the other way round. */
export interface CsrfLogins {
  begin(request: Request, start: { readonly redirect: string; readonly pkce: boolean }): CsrfLoginStart;
  /**
   * Take the login that `state` belongs to. It is gone afterwards in this process, even when the browser sends the cookie again, unless
   * it is reopened.
   */
  finish(request: Request, state: string): CsrfLoginEnd;
}

interface Logins extends CsrfLoginsDeps, CsrfLoginsConfiguration {
  readonly random: (size: number) => Uint8Array;
  readonly key: CookieKey;
  readonly finished: FinishedStates;
}

/** So many earlier logins stay in the one cookie beside the newest: about 300 bytes each. */
const MAX_EARLIER = 4;
/** So many cookies of one name are looked at. */
const MAX_SAME_NAME = 8;
/** Where no limit is configured: at some 400 bytes each, more would soon be refused as too large a header. */
const DEFAULT_PER_REQUEST_LIMIT = 20;
const TAG_LENGTH = 8;
const DAY_SECONDS = 86_400;

/** @throws {RangeError} when the secret has no length that AES takes. */
export function createCsrfLogins(deps: CsrfLoginsDeps, configuration: CsrfLoginsConfiguration): CsrfLogins {
  const { expireSeconds } = configuration.csrf;
  const key = createCookieKey(`${deps.cookie.name}_csrf`, configuration.secret.reveal(), expireSeconds);
  if (key === undefined) throw new RangeError("the cookie secret has no length that AES takes");
  const finished = createFinishedStates(deps.clock, expireSeconds > 0 ? expireSeconds : DAY_SECONDS);
  const logins: Logins = { ...deps, ...configuration, random: deps.random ?? randomBytes, key, finished };
  return {
    begin: (request, start) => begin(logins, request, start),
    finish: (request, state) => finish(logins, request, state),
  };
}

function begin(
  logins: Logins,
  request: Request,
  { redirect, pkce }: { readonly redirect: string; readonly pkce: boolean },
): CsrfLoginStart {
  const newest: CsrfLogin = {
    stateSecret: logins.random(32),
    nonceSecret: logins.random(32),
    codeVerifier: pkce ? Buffer.from(logins.random(96)).toString("base64url") : "",
    startedAt: Math.trunc(logins.clock()),
  };
  const hash = publicHash(newest.stateSecret);
  const text = `${hash}:${redirect}`;
  return {
    state: logins.encodeState ? Buffer.from(text).toString("base64url") : text,
    nonce: publicHash(newest.nonceSecret),
    codeVerifier: newest.codeVerifier,
    setCookies: logins.csrf.perRequest
      ? [
          setCookie(logins, request, { name: perRequestName(logins, hash), newest, earlier: [] }),
          ...dropOldest(logins, request),
        ]
      : [setCookie(logins, request, { name: fixedName(logins), newest, earlier: earlierLogins(logins, request) })],
  };
}

function finish(logins: Logins, request: Request, state: string): CsrfLoginEnd {
  const parts = splitState(logins, state);
  if (parts === undefined) return { outcome: "malformed", setCookies: [] };
  const { hash, redirect } = parts;
  for (const [name, value] of cookiesFor(logins, request, hash)) {
    const opened = open(logins, name, value);
    const login = opened.find((candidate) => ownsState(candidate, hash));
    if (login === undefined) continue;
    const isFirst = logins.finished.claim(hash);
    const setCookies = [keepOthers(logins, request, { name, opened: login === opened[0] ? [] : opened })];
    if (!isFirst) return { outcome: "unknown", redirect, setCookies };
    const { nonceSecret, codeVerifier } = login;
    const pending = { redirect, nonce: publicHash(nonceSecret), nonceSecret, codeVerifier };
    return { outcome: "ok", pending, redirect, setCookies, reopen: () => logins.finished.release(hash) };
  }
  return { outcome: "unknown", redirect, setCookies: [] };
}

/**
 * The login that was begun last takes the cookie with it, as in the original. One that was begun before it leaves the others there: they
 * are on their way in other tabs.
 */
function keepOthers(
  logins: Logins,
  request: Request,
  { name, opened }: { readonly name: string; readonly opened: readonly CsrfLogin[] },
): string {
  const [newest, ...earlier] = unfinished(logins, opened);
  if (newest === undefined) return deleteCookie(csrfCookie(logins, request, name));
  return setCookie(logins, request, { name, newest, earlier });
}

/** `HASH:RETURN_TARGET`; the target may have colons. */
function splitState({ encodeState }: Logins, state: string): { hash: string; redirect: string } | undefined {
  if (encodeState && !/^[\w-]*$/.test(state)) return undefined;
  const text = encodeState ? Buffer.from(state, "base64url").toString() : state;
  const colon = text.indexOf(":");
  return colon === -1 ? undefined : { hash: text.slice(0, colon), redirect: text.slice(colon + 1) };
}

/** Under both names, whichever is configured now: it may have been the other one when the login began. */
function cookiesFor(logins: Logins, request: Request, hash: string): readonly (readonly [string, string])[] {
  const names = new Set([fixedName(logins), perRequestName(logins, hash)]);
  return cookiePairs(request.headers.get("cookie") ?? "")
    .filter(([name]) => names.has(name))
    .slice(0, MAX_SAME_NAME);
}

function earlierLogins(logins: Logins, request: Request): readonly CsrfLogin[] {
  const name = fixedName(logins);
  for (const [found, value] of cookiePairs(request.headers.get("cookie") ?? "")) {
    const opened = found === name ? open(logins, name, value) : [];
    if (opened.length === 0) continue;
    return unfinished(logins, opened).slice(0, MAX_EARLIER);
  }
  return [];
}

function unfinished({ finished }: Logins, opened: readonly CsrfLogin[]): readonly CsrfLogin[] {
  return opened.filter((login) => !finished.has(publicHash(login.stateSecret)));
}

function open(logins: Logins, name: string, value: string): readonly CsrfLogin[] {
  return openCsrfLogins(logins, { ...logins.key, cookieName: name }, value);
}

/** The oldest of the browser's cookies, when it carries more than it may. The one that is set now is not counted, as in the original. */
function dropOldest(logins: Logins, request: Request): readonly string[] {
  const limit = logins.csrf.perRequestLimit > 0 ? logins.csrf.perRequestLimit : DEFAULT_PER_REQUEST_LIMIT;
  const start = `${logins.cookie.name}_`;
  const carried = cookiePairs(request.headers.get("cookie") ?? "").filter(
    ([name]) => name.startsWith(start) && name.endsWith("_csrf"),
  );
  if (carried.length <= limit) return [];
  const ours = carried.filter(([name, value]) => open(logins, name, value).length > 0);
  const byAge = ours.toSorted(([, a], [, b]) => claimedTime(a) - claimedTime(b));
  return byAge
    .slice(0, Math.max(byAge.length - limit, 0))
    .map(([name]) => deleteCookie(csrfCookie(logins, request, name)));
}

function setCookie(
  logins: Logins,
  request: Request,
  { name, ...content }: { readonly name: string; readonly newest: CsrfLogin; readonly earlier: readonly CsrfLogin[] },
): string {
  const { expireSeconds } = logins.csrf;
  const value = sealCsrfLogins(logins, { ...logins.key, cookieName: name }, content);
  const cookie = { ...csrfCookie(logins, request, name), value };
  return serializeCookie(expireSeconds > 0 ? { ...cookie, maxAgeSeconds: expireSeconds } : cookie);
}

function csrfCookie(logins: Logins, request: Request, name: string): Cookie {
  const { sameSite } = logins.csrf;
  return { ...cookieFor(logins.cookie, name, request, ""), ...(sameSite === undefined ? {} : { sameSite }) };
}

function fixedName({ cookie }: Logins): string {
  return `${cookie.name}_csrf`;
}

function perRequestName({ cookie }: Logins, hash: string): string {
  return hash.length < TAG_LENGTH ? `${cookie.name}_csrf` : `${cookie.name}_${hash.slice(0, TAG_LENGTH)}_csrf`;
}
