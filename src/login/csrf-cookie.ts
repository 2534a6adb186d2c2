import { createHash } from "node:crypto";

import { constantTimeEquals } from "../crypto/equals.ts";
import type { Clock } from "../protocol/clock.ts";
import { decryptCfb, encryptCfb } from "../session/oauth2-proxy-cookie/cfb.ts";
import type { CookieKey } from "../session/oauth2-proxy-cookie/cookie-key.ts";
import { encodeMessagePack } from "../session/oauth2-proxy-cookie/message-pack-encode.ts";
import { type Packed, type PackedMap, decodeMessagePack } from "../session/oauth2-proxy-cookie/message-pack.ts";
import { claimedTime, openSignedValue, signValue } from "../session/oauth2-proxy-cookie/signed-value.ts";

/** One login in flight, as oauth2-proxy keeps it in a CSRF cookie. */
export interface CsrfLogin {
  /** `s`: its hash is the first part of `state`. */
  readonly stateSecret: Uint8Array;
  /** `n`: its hash is the nonce that the ID token must carry. */
  readonly nonceSecret: Uint8Array;
  /** `cv`: PKCE verifier; empty = none. */
  readonly codeVerifier: string;
  /** Seconds since the epoch. */
  readonly startedAt: number;
}

export interface CsrfCookieDeps {
  readonly clock: Clock;
  /** So many random bytes, fit for cryptography. */
  readonly random: (size: number) => Uint8Array;
}

/**
 * A cookie's value for the newest login, with those before it in a field that the original does not know and skips (`p`): so several
 * tabs can be under way in the one cookie that there is by default.
 */
export function sealCsrfLogins(
  deps: CsrfCookieDeps,
  key: CookieKey,
  { newest, earlier }: { readonly newest: CsrfLogin; readonly earlier: readonly CsrfLogin[] },
): string {
  const previous = earlier.map((login) => ({ ...toMap(login), t: Math.trunc(login.startedAt) }));
  const message = encodeMessagePack({ ...toMap(newest), ...(previous.length === 0 ? {} : { p: previous }) });
  return signValue(key, encryptCfb(key.encryptionKey, deps.random(16), message), newest.startedAt);
}

/** The logins in a cookie that are still in time, the newest first; empty for anything that is no such cookie. Never throws. */
export function openCsrfLogins(
  deps: Pick<CsrfCookieDeps, "clock">,
  key: CookieKey,
  value: string,
): readonly CsrfLogin[] {
  const encrypted = openSignedValue(deps, key, value);
  const message = encrypted === undefined ? undefined : decryptCfb(key.encryptionKey, encrypted);
  const map = message === undefined ? undefined : decodeMessagePack(message);
  const newest = toLogin(map, claimedTime(value));
  if (newest === undefined) return [];
  const previous = isMap(map) && Array.isArray(map["p"]) ? map["p"] : [];
  const now = deps.clock();
  const earlier = previous
    .map((login) => toLogin(login, isMap(login) && typeof login["t"] === "number" ? login["t"] : 0))
    .filter((login) => login !== undefined)
    .filter(({ startedAt }) => key.lifetimeSeconds === 0 || now - key.lifetimeSeconds < startedAt);
  return [newest, ...earlier];
}

/** What is public of a secret: base64url of its SHA-256, without padding. */
export function publicHash(secret: Uint8Array): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** Does the first part of a `state` belong to this login? */
export function ownsState({ stateSecret }: CsrfLogin, stateHash: string): boolean {
  return constantTimeEquals(publicHash(stateSecret), stateHash);
}

function toMap({ stateSecret, nonceSecret, codeVerifier }: CsrfLogin): PackedMap {
  return { s: stateSecret, n: nonceSecret, ...(codeVerifier === "" ? {} : { cv: codeVerifier }) };
}

/** An empty secret would let everybody know its hash. */
function toLogin(map: Packed | undefined, startedAt: number): CsrfLogin | undefined {
  if (!isMap(map)) return undefined;
  const { s: stateSecret, n: nonceSecret, cv: codeVerifier = "" } = map;
  if (!(stateSecret instanceof Uint8Array) || stateSecret.length < 16) return undefined;
  if (!(nonceSecret instanceof Uint8Array) || typeof codeVerifier !== "string") return undefined;
  return { stateSecret, nonceSecret, codeVerifier, startedAt };
}

function isMap(value: Packed | undefined): value is PackedMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
