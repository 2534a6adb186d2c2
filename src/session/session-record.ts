import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

import type { KeyRing } from "../crypto/seal.ts";
import type { Login, UpstreamTokens } from "../protocol/identity.ts";
import type { SessionRecord } from "../store/ports.ts";
import type { Session } from "./session.ts";

/** The two halves of the cookie's value, `<id>.<secret>`. */
export interface SessionKey {
  readonly id: string;
  readonly secret: string;
}

const COOKIE_VALUE = /^([\w-]{22})\.([\w-]{43})$/;

/** A fresh, unguessable id (128 bits) and secret (256 bits). */
export function createSessionKey(): SessionKey {
  return { id: randomBytes(16).toString("base64url"), secret: randomBytes(32).toString("base64url") };
}

/** @returns undefined for what cannot be ours: it is not looked up. */
export function parseSessionKey(cookieValue: string): SessionKey | undefined {
  const match = COOKIE_VALUE.exec(cookieValue);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { id: match[1], secret: match[2] };
}

export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** Constant time; the id has found the record, only the secret proves it. */
export function secretMatches(record: SessionRecord, secret: string): boolean {
  return timingSafeEqual(Buffer.from(record.secretHash), Buffer.from(hashSecret(secret)));
}

/** What a login gives a record; used at sign-in and again at each refresh. */
export function recordFields(
  keyRing: KeyRing,
  sessionId: string,
  login: Login,
): Pick<
  SessionRecord,
  "userId" | "username" | "preferredUsername" | "email" | "emailVerified" | "groups" | "sealedTokens" | "tokensExpireAt"
> {
  const { userId, username, preferredUsername, email, emailVerified, groups } = login.identity;
  return {
    userId,
    username,
    preferredUsername,
    email,
    emailVerified,
    groups,
    sealedTokens: sealTokens(keyRing, sessionId, login),
    tokensExpireAt: login.tokens.expiresAt ?? 0,
  };
}

/** The session that a record stands for. Tokens that no key opens any more are dropped: the session then lives without refresh. */
export function sessionOf(keyRing: KeyRing, record: SessionRecord): Session {
  const { userId, username, preferredUsername, email, emailVerified, groups } = record;
  return {
    id: record.id,
    connectorId: record.connectorId,
    identity: { userId, username, preferredUsername, email, emailVerified, groups },
    ...openTokens(keyRing, record),
    createdAt: record.createdAt,
    refreshedAt: record.refreshedAt,
    expiresAt: record.expiresAt,
  };
}

interface SealedTokens {
  readonly tokens: UpstreamTokens;
  readonly connectorData?: string;
}

/** Bound to the session id: sealed tokens moved to another row do not open. */
function sealTokens(keyRing: KeyRing, sessionId: string, login: Login): string {
  if (Object.keys(login.tokens).length === 0 && login.connectorData === undefined) return "";
  const content: SealedTokens = {
    tokens: login.tokens,
    ...(login.connectorData === undefined
      ? {}
      : { connectorData: Buffer.from(login.connectorData).toString("base64url") }),
  };
  return keyRing.seal(Buffer.from(JSON.stringify(content)), sealContext(sessionId));
}

function openTokens(keyRing: KeyRing, record: SessionRecord): Pick<Session, "tokens" | "connectorData"> {
  const opened = record.sealedTokens === "" ? undefined : keyRing.open(record.sealedTokens, sealContext(record.id));
  if (opened === undefined) return { tokens: {} };
  // Authenticated by the seal: only `sealTokens` can have written it.
  const content = JSON.parse(Buffer.from(opened).toString()) as SealedTokens;
  return {
    tokens: content.tokens,
    ...(content.connectorData === undefined ? {} : { connectorData: Buffer.from(content.connectorData, "base64url") }),
  };
}

function sealContext(sessionId: string): string {
  return `session-tokens:${sessionId}`;
}
