import { createHmac, timingSafeEqual } from "node:crypto";

import type { Clock } from "../../protocol/clock.ts";

/** What seals and opens the cookies of one name. */
export interface CookieKey {
  /** Part of what is signed. */
  readonly cookieName: string;
  /** The secret as it was typed. */
  readonly signingKey: Uint8Array;
  /** AES-128, -192 or -256. */
  readonly encryptionKey: Uint8Array;
  /** `cookie-expire`, seconds. 0: a cookie is never too old. */
  readonly lifetimeSeconds: number;
}

const AES_KEY_SIZES: readonly number[] = [16, 24, 32];

/** How far ahead another replica's clock may be, seconds. */
const CLOCK_SKEW = 300;

/** Longer than any browser sends: bounds the work of one request. */
const MAX_LENGTH = 256 * 1024;

/**
 * The keys that oauth2-proxy makes of its `cookie-secret`. The signature uses the secret's characters as they were
 * typed. The encryption uses what they decode to, if they are base64url (padded or not) of 16, 24 or 32 bytes, else the
 * characters themselves. So 32 characters of the base64url alphabet are a key of 24 bytes, and base64 text with `+` or
 * `/` is not decoded.
 *
 * @returns undefined when neither has a length that AES takes.
 */
export function createCookieKey(
  cookieName: string,
  cookieSecret: string,
  lifetimeSeconds: number,
): CookieKey | undefined {
  const signingKey = new TextEncoder().encode(cookieSecret);
  const decoded = decodeSecret(cookieSecret);
  const encryptionKey = decoded !== undefined && AES_KEY_SIZES.includes(decoded.length) ? decoded : signingKey;
  if (!AES_KEY_SIZES.includes(encryptionKey.length)) return undefined;
  return { cookieName, signingKey, encryptionKey, lifetimeSeconds };
}

/**
 * Sign a value as `VALUE|TIMESTAMP|SIGNATURE`, VALUE and SIGNATURE in padded base64url. The signature (HMAC-SHA256) is
 * made over cookie name, VALUE and TIMESTAMP without separators.
 *
 * @param timestamp seconds since the epoch; a fraction is cut off.
 */
export function signValue(key: CookieKey, value: Uint8Array, timestamp: number): string {
  const encoded = toPaddedBase64Url(value);
  const seconds = String(Math.trunc(timestamp));
  return `${encoded}|${seconds}|${toPaddedBase64Url(signature(key, encoded, seconds))}`;
}

/**
 * The value of a signed cookie.
 *
 * @returns undefined when it has not exactly three parts, was not signed by this key for this cookie name, is older
 *   than the key's lifetime, or was signed more than five minutes ahead of now.
 */
export function openSignedValue(
  deps: { readonly clock: Clock },
  key: CookieKey,
  signed: string,
): Uint8Array | undefined {
  if (signed.length > MAX_LENGTH) return undefined;
  const [encoded, seconds, signatureText, ...rest] = signed.split("|");
  if (encoded === undefined || seconds === undefined || signatureText === undefined || rest.length > 0)
    return undefined;
  if (!isSame(signatureText, toPaddedBase64Url(signature(key, encoded, seconds)))) return undefined;
  if (!isInTime(deps.clock(), key.lifetimeSeconds, seconds)) return undefined;
  return fromPaddedBase64Url(encoded);
}

function signature(key: CookieKey, encoded: string, seconds: string): Uint8Array {
  return createHmac("sha256", key.signingKey).update(key.cookieName).update(encoded).update(seconds).digest();
}

function isInTime(now: number, lifetimeSeconds: number, seconds: string): boolean {
  if (!/^\d{1,15}$/.test(seconds)) return false;
  if (lifetimeSeconds === 0) return true;
  const signedAt = Number(seconds);
  return now - lifetimeSeconds < signedAt && signedAt < now + CLOCK_SKEW;
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function toPaddedBase64Url(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/** Strict: the driver's decoder skips what it does not know. */
function fromPaddedBase64Url(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9_-]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, "base64url");
}

function decodeSecret(secret: string): Uint8Array | undefined {
  const text = secret.replace(/=+$/, "");
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) return undefined;
  return Buffer.from(text, "base64url");
}
