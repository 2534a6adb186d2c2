import { randomUUID } from "node:crypto";

import { randomId } from "../../protocol/random-id.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import { halfHash, signJwt } from "../signing-keys/jwt.ts";
import { type TokenSubject, audienceOf, tokenClaims } from "./token-claims.ts";

/** The successful answer of the token endpoint, in the order that dex writes it (RFC 6749 §5.1). */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: "bearer";
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly id_token: string;
}

/** `jti` of the two tokens of one answer, chosen beforehand so that they can be revoked with the code they came from. */
export interface TokenIds {
  readonly access: string;
  readonly id: string;
}

export function createTokenIds(): TokenIds {
  return { access: randomUUID(), id: randomUUID() };
}

export interface Issue {
  readonly subject: TokenSubject;
  readonly ids: TokenIds;
  /** The code that is redeemed, for `c_hash`. */
  readonly code?: string;
  readonly refreshToken?: string;
}

/**
 * Sign an access token and an ID token.
 *
 * In the native dialect the access token says what it is (`typ: at+jwt`, RFC 9068 §2.1), so that an ID token, which many
 * places see, is no key to `userinfo`. dex's look alike, and carry an `at_hash` of nothing.
 */
export async function issueTokens(provider: ProviderContext, issue: Issue): Promise<TokenAnswer> {
  const { subject, ids } = issue;
  const audience = await audienceOf(provider, subject);
  const { signing } = await provider.keys.current();
  const issuedAt = Math.trunc(provider.clock());
  const native = isNative(provider);
  const access = tokenClaims(provider, subject, audience, {
    tokenId: ids.access,
    issuedAt,
    ...(native ? {} : { atHash: halfHash(randomId()) }),
  });
  const accessToken = signJwt(signing, access, native ? "at+jwt" : undefined);
  const identity = tokenClaims(provider, subject, audience, {
    tokenId: ids.id,
    issuedAt,
    atHash: halfHash(accessToken),
    ...(issue.code === undefined ? {} : { cHash: halfHash(issue.code) }),
  });
  return {
    access_token: accessToken,
    token_type: "bearer",
    // Whole seconds that are left, as dex counts them.
    expires_in: provider.configuration.idTokenSeconds - 1,
    ...(issue.refreshToken === undefined ? {} : { refresh_token: issue.refreshToken }),
    id_token: signJwt(signing, identity),
  };
}
