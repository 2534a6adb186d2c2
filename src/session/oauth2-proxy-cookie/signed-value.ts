import { createHmac, timingSafeEqual } from "node:crypto";

import type { Clock } from "../../protocol/clock.ts";
import type { CookieKey } from "./cookie-key.ts";

/** How far ahead another replica's clock may be, seconds. */
const CLOCK_SKEW = 300;

/** Longer than any browser sends: bounds the work of one request. */
const MAX_LENGTH = 256 * 1024;

/**
 * Sign a value as `VALUE|TIMESTAMP|SIGNATURE`, VALUE and SIGNATURE in padded base64url. The signature (HMAC-SHA256) is
 * made over cookie name, VALUE and TIMESTAMP without separators.
 *
 * @param timestamp seconds since the epoch; a fraction is cut off.
 */
export function signValue(key: CookieKey, value: Uint8Array, timestamp: number): string {
  const encoded = toPaddedBase64Url(value);
  const seconds = String(Math.trunc(timestamp));
  return `${encoded}|${seconds}|${signature(key, encoded, seconds)}`;
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
  if (!isSame(signatureText, signature(key, encoded, seconds))) return undefined;
  if (!isInTime(deps.clock(), key.lifetimeSeconds, seconds)) return undefined;
  return fromPaddedBase64Url(encoded);
}

/**
 * When a value says it was signed, seconds since the epoch; 0 when it does not say. Not verified: for putting the newest first.
 */
export function claimedTime(signed: string): number {
  const seconds = signed.split("|", 3)[1] ?? "";
  return /^\d{1,15}$/.test(seconds) ? Number(seconds) : 0;
}

function signature(key: CookieKey, encoded: string, seconds: string): string {
  const text = key.cookieName + encoded + seconds;
  return `${createHmac("sha256", key.signingKey).update(text).digest("base64url")}=`; // 32 bytes, and their padding
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
