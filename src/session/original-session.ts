import { hash } from "node:crypto";

import type { OriginalSessionLimits } from "../config/configuration.ts";
import type { Identity, Login } from "../protocol/identity.ts";
import type { Packed, PackedMap } from "./oauth2-proxy-cookie/message-pack.ts";
import type { OriginalSession } from "./oauth2-proxy-cookie/session-codec.ts";
import type { Session } from "./session.ts";

/** A finished login as oauth2-proxy keeps it. Tokens whose end is not known end with the session. */
export function toOriginalSession(
  { expireSeconds }: OriginalSessionLimits,
  login: Login,
  createdAt: number,
): OriginalSession {
  const { identity, tokens, nonceSecret } = login;
  const expiresAt = tokens.expiresAt ?? (expireSeconds > 0 ? createdAt + expireSeconds : undefined);
  const additionalClaims = packClaims(identity.additionalClaims);
  return {
    createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt: Math.trunc(expiresAt) }),
    accessToken: tokens.accessToken ?? "",
    idToken: tokens.idToken ?? "",
    refreshToken: tokens.refreshToken ?? "",
    ...(nonceSecret === undefined ? {} : { nonce: nonceSecret }),
    email: identity.email,
    user: identity.userId,
    groups: identity.groups,
    preferredUsername: identity.preferredUsername,
    ...(additionalClaims === undefined ? {} : { additionalClaims }),
  };
}

/** Without its tokens, for a cookie that shall be small. */
export function withoutTokens(session: OriginalSession): OriginalSession {
  return { ...session, accessToken: "", idToken: "", refreshToken: "" };
}

/** What came out of oauth2-proxy's format. The format does not say which connector it came from: there is only one. */
export function fromOriginalSession(
  { expireSeconds }: OriginalSessionLimits,
  content: OriginalSession,
  { id, connectorId }: Pick<Session, "id" | "connectorId">,
): Session {
  const { createdAt = 0 } = content;
  return {
    id,
    connectorId,
    ...toLogin(content),
    createdAt,
    refreshedAt: createdAt,
    expiresAt: expireSeconds > 0 ? createdAt + expireSeconds : 0,
  };
}

/** The login that a session was made from, as far as the format keeps it. */
export function toLogin(content: OriginalSession): Login {
  const { expiresAt, accessToken, idToken, refreshToken, nonce } = content;
  return {
    identity: toIdentity(content),
    tokens: {
      ...(accessToken === "" ? {} : { accessToken }),
      ...(idToken === "" ? {} : { idToken }),
      ...(refreshToken === "" ? {} : { refreshToken }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
    ...(nonce === undefined ? {} : { nonceSecret: nonce }),
  };
}

/** A short name for a session that tells nothing of it. */
export function sessionIdOf(text: string): string {
  return hash("sha256", text, "base64url").slice(0, 22);
}

function toIdentity({ user, preferredUsername, email, groups, additionalClaims }: OriginalSession): Identity {
  return {
    userId: user,
    username: preferredUsername || user,
    preferredUsername,
    email,
    // Whoever made the session has checked it, as far as it was configured to.
    emailVerified: true,
    groups,
    ...(additionalClaims === undefined ? {} : { additionalClaims }),
  };
}

function packClaims(claims: Identity["additionalClaims"]): PackedMap | undefined {
  const packed = Object.entries(claims ?? {}).map(([name, value]) => [name, packJson(value)] as const);
  return packed.length === 0 ? undefined : Object.fromEntries(packed);
}

/** A JSON value as the original packs it: numbers are text there. */
function packJson(value: unknown): Packed {
  if (typeof value === "number") return String(value);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(packJson);
  if (typeof value !== "object" || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, packJson(inner)]));
}
