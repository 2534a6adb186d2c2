import type { Clock } from "../../protocol/clock.ts";
import { decryptCfb, encryptCfb } from "./cfb.ts";
import type { CookieKey } from "./cookie-key.ts";
import { decodeLz4Frame, encodeLz4Frame } from "./lz4-frame.ts";
import { encodeMessagePack } from "./message-pack-encode.ts";
import { decodeMessagePack, PackedTime, type Packed, type PackedMap } from "./message-pack.ts";
import { openSignedValue, signValue } from "./signed-value.ts";

/**
 * A session as oauth2-proxy keeps it, in its cookie or in Redis. Empty strings and lists stand for what is not there.
 * Times are seconds since the epoch.
 */
export interface OriginalSession {
  /** `ca`. Also the time of the signature, from which the cookie's age counts. */
  readonly createdAt?: number;
  /** `eo`: when the upstream's tokens end. */
  readonly expiresAt?: number;
  /** `at` */
  readonly accessToken: string;
  /** `it` */
  readonly idToken: string;
  /** `rt` */
  readonly refreshToken: string;
  /** `n`: the nonce that the ID token must carry. */
  readonly nonce?: Uint8Array;
  /** `e` */
  readonly email: string;
  /** `u` */
  readonly user: string;
  /** `g` */
  readonly groups: readonly string[];
  /** `pu` */
  readonly preferredUsername: string;
  /** `ac`: further claims that were asked for. Numbers are text. */
  readonly additionalClaims?: PackedMap;
}

export interface SessionCodecDeps {
  readonly clock: Clock;
  /** So many random bytes, fit for cryptography. */
  readonly random: (size: number) => Uint8Array;
}

/** The value of a cookie that holds the session. Cut it with `cookie-chunks` before it is set. */
export function sealSession(deps: SessionCodecDeps, key: CookieKey, session: OriginalSession): string {
  const frame = encodeLz4Frame(packSession(session));
  return signValue(key, encryptCfb(key.encryptionKey, deps.random(16), frame), session.createdAt ?? deps.clock());
}

/**
 * The session that a cookie value holds. Looks at the signature and its age before anything else.
 *
 * @returns undefined for anything else: tampered, foreign, too old, not a session. Never throws.
 */
export function openSession(
  deps: Pick<SessionCodecDeps, "clock">,
  key: CookieKey,
  cookieValue: string,
): OriginalSession | undefined {
  const encrypted = openSignedValue(deps, key, cookieValue);
  const frame = encrypted === undefined ? undefined : decryptCfb(key.encryptionKey, encrypted);
  const message = frame === undefined ? undefined : decodeLz4Frame(frame);
  return message === undefined ? undefined : unpackSession(message);
}

/** The MessagePack map of a session, not compressed. */
export function packSession(session: OriginalSession): Uint8Array {
  return encodeMessagePack(toMap(session));
}

/** @returns undefined when it is no session. Never throws. */
export function unpackSession(message: Uint8Array): OriginalSession | undefined {
  const value = decodeMessagePack(message);
  return isMap(value) ? toSession(value) : undefined;
}

function toMap(session: OriginalSession): PackedMap {
  const { createdAt, expiresAt, nonce, additionalClaims } = session;
  return {
    ...(createdAt === undefined ? {} : { ca: new PackedTime(createdAt) }),
    ...(expiresAt === undefined ? {} : { eo: new PackedTime(expiresAt) }),
    ...text("at", session.accessToken),
    ...text("it", session.idToken),
    ...text("rt", session.refreshToken),
    ...(nonce === undefined || nonce.length === 0 ? {} : { n: nonce }),
    ...text("e", session.email),
    ...text("u", session.user),
    ...(session.groups.length === 0 ? {} : { g: session.groups }),
    ...text("pu", session.preferredUsername),
    ...(additionalClaims === undefined || Object.keys(additionalClaims).length === 0 ? {} : { ac: additionalClaims }),
  };
}

function text(name: string, value: string): PackedMap {
  return value === "" ? {} : { [name]: value };
}

/** The fields of a map, each of the kind it must be; null stands for absent. */
function toSession(map: PackedMap): OriginalSession | undefined {
  const texts = ["at", "it", "rt", "e", "u", "pu"].map((name) => map[name] ?? "");
  const groups = map["g"] ?? [];
  const others = toOptionalFields(map);
  if (!isTexts(texts) || !isTexts(groups) || others === undefined) return undefined;
  const [accessToken = "", idToken = "", refreshToken = "", email = "", user = "", preferredUsername = ""] = texts;
  return { accessToken, idToken, refreshToken, email, user, groups, preferredUsername, ...others };
}

type OptionalFields = Pick<OriginalSession, "createdAt" | "expiresAt" | "nonce" | "additionalClaims">;

function toOptionalFields(map: PackedMap): OptionalFields | undefined {
  const { ca: created, eo: expires, n: nonce, ac: claims } = map;
  if (!isAbsentOr(created, isTime) || !isAbsentOr(expires, isTime)) return undefined;
  if (!isAbsentOr(nonce, isBytes) || !isAbsentOr(claims, isMap)) return undefined;
  return {
    ...(created ? { createdAt: created.seconds } : {}),
    // The original writes its time zero where the upstream did not say.
    ...(expires && expires.seconds > 0 ? { expiresAt: expires.seconds } : {}),
    ...(nonce ? { nonce } : {}),
    ...(claims ? { additionalClaims: claims } : {}),
  };
}

function isAbsentOr<T extends Packed>(
  value: Packed | undefined,
  isKind: (value: Packed | undefined) => value is T,
): value is T | null | undefined {
  return value === undefined || value === null || isKind(value);
}

function isTime(value: Packed | undefined): value is PackedTime {
  return value instanceof PackedTime;
}

function isBytes(value: Packed | undefined): value is Uint8Array {
  return value instanceof Uint8Array;
}

function isTexts(value: Packed): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isMap(value: Packed | undefined): value is PackedMap {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !(value instanceof Uint8Array) && !(value instanceof PackedTime);
}
