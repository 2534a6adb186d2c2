import { createHash } from "node:crypto";

import type { Clock } from "../protocol/clock.ts";
import type { Collection } from "../store/ports.ts";
import type { KeyKeeper, KeySet } from "./signing-keys/create-signing-keys.ts";
import { type VerifiedJwt, keyIdOf, verifyJwt } from "./signing-keys/jwt.ts";
import type { RevokedToken } from "./storage-model.ts";

/** Says of a JWT whether it is ours, unexpired and not revoked. */
export interface TokenVerifier {
  verify(token: string): Promise<VerifiedJwt | undefined>;
  /** Revoke a token by its `jti` until it would have ended. Takes effect at once in this process, within ten seconds in others. */
  revoke(tokenId: string, expiry: number): Promise<void>;
}

export interface TokenVerifierDeps {
  readonly issuer: string;
  readonly keys: KeyKeeper;
  readonly revokedTokens: Collection<RevokedToken>;
  readonly clock: Clock;
}

/** Verified tokens in memory: at about 2 kB each, 8 MB. */
const MAX_CACHED = 4096;
/** How long a verified token is believed without looking at the revoked ones again. */
const CACHE_SECONDS = 10;

export function createTokenVerifier(deps: TokenVerifierDeps): TokenVerifier {
  const cache = new Map<string, { readonly jwt: VerifiedJwt; readonly until: number }>();
  return {
    async verify(token) {
      const digest = createHash("sha256").update(token).digest("base64url");
      const now = deps.clock();
      const cached = cache.get(digest);
      if (cached !== undefined && now < cached.until) return isLive(deps, cached.jwt, now) ? cached.jwt : undefined;
      const jwt = await verifyNow(deps, token, now);
      if (jwt === undefined) return undefined;
      cache.delete(digest);
      cache.set(digest, { jwt, until: now + CACHE_SECONDS });
      const oldest = cache.size > MAX_CACHED ? cache.keys().next().value : undefined;
      if (oldest !== undefined) cache.delete(oldest);
      return jwt;
    },
    async revoke(tokenId, expiry) {
      for (const [digest, { jwt }] of cache) if (jwt.claims["jti"] === tokenId) cache.delete(digest);
      if ((await deps.revokedTokens.find(tokenId)) === undefined)
        await createOnce(deps.revokedTokens, { tokenId, expiry });
    },
  };
}

async function verifyNow(deps: TokenVerifierDeps, token: string, now: number): Promise<VerifiedJwt | undefined> {
  const jwt = verifyJwt(await keysFor(deps.keys, token), token);
  if (jwt === undefined || !isLive(deps, jwt, now)) return undefined;
  const { jti } = jwt.claims;
  const revoked = typeof jti === "string" ? await deps.revokedTokens.find(jti) : undefined;
  return revoked === undefined ? jwt : undefined;
}

/** A key that is not known may have been made by another replica a moment ago. */
async function keysFor(keys: KeyKeeper, token: string): Promise<KeySet> {
  const known = await keys.current();
  return known.verifying.has(keyIdOf(token)) ? known : keys.reread();
}

function isLive(deps: TokenVerifierDeps, { claims }: VerifiedJwt, now: number): boolean {
  return claims["iss"] === deps.issuer && typeof claims["exp"] === "number" && now < claims["exp"];
}

/** Two may revoke one token at once. */
async function createOnce(collection: Collection<RevokedToken>, value: RevokedToken): Promise<void> {
  try {
    await collection.create(value);
  } catch (error) {
    if ((await collection.find(value.tokenId)) === undefined) throw error;
  }
}
