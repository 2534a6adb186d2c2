import { randomUUID } from "node:crypto";

import { randomId } from "../../protocol/random-id.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import { halfHash, signJwt } from "../signing-keys/jwt.ts";
import { type TokenParts, type TokenSubject, readTokenFacts, tokenClaims } from "./token-claims.ts";

/** The successful answer of the token endpoint, in the order that dex writes it (RFC 6749 §5.1, RFC 8693 §2.2.1). */
export interface TokenAnswer {
  readonly access_token: string;
  readonly issued_token_type?: string;
  readonly token_type: "bearer";
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly id_token?: string;
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
  /** Default true. */
  readonly withIdToken?: boolean;
}

/** Sign an access token and an ID token. */
export async function issueTokens(provider: ProviderContext, issue: Issue): Promise<TokenAnswer> {
  const { subject, ids, code } = issue;
  const sign = await createSigner(provider, subject);
  const accessToken = await accessTokenBy(sign, provider, ids.access);
  const bound = { accessToken, ...(code === undefined ? {} : { code }) };
  return {
    access_token: accessToken,
    token_type: "bearer",
    expires_in: secondsLeft(provider),
    ...(issue.refreshToken === undefined ? {} : { refresh_token: issue.refreshToken }),
    ...(issue.withIdToken === false ? {} : { id_token: await idTokenBy(sign, { id: ids.id, ...bound }) }),
  };
}

/** `expires_in`: dex takes it a moment after signing and cuts off the fraction, so its clients know a second less than the lifetime. */
export function secondsLeft(provider: ProviderContext): number {
  return provider.configuration.idTokenSeconds - 1;
}

/** Sign an access token alone. */
export async function signAccessToken(provider: ProviderContext, subject: TokenSubject, id: string): Promise<string> {
  return accessTokenBy(await createSigner(provider, subject), provider, id);
}

/** What an ID token is bound to (OpenID Connect Core §3.1.3.6, §3.3.2.11). */
interface IdTokenParts {
  readonly id: string;
  /** For `at_hash`. */
  readonly accessToken?: string;
  /** For `c_hash`. */
  readonly code?: string;
}

/** What an ID token is about, too. */
export interface IdTokenIssue extends IdTokenParts {
  readonly subject: TokenSubject;
}

/** Sign an ID token alone. */
export async function signIdToken(provider: ProviderContext, issue: IdTokenIssue): Promise<string> {
  return idTokenBy(await createSigner(provider, issue.subject), issue);
}

/**
 * In the native dialect the access token says what it is (`typ: at+jwt`, RFC 9068 §2.1), so that an ID token, which many
 * places see, is no key to `userinfo`. dex's look alike, and carry an `at_hash` of nothing.
 */
function accessTokenBy({ sign, hash }: Signer, provider: ProviderContext, id: string): Promise<string> {
  const native = isNative(provider);
  const parts = { use: "access_token", tokenId: id, ...(native ? {} : { atHash: hash(randomId()) }) } as const;
  return sign(parts, native ? "at+jwt" : undefined);
}

function idTokenBy({ sign, hash }: Signer, { id, accessToken, code }: IdTokenParts): Promise<string> {
  return sign({
    use: accessToken === undefined && code === undefined ? "alone" : "id_token",
    tokenId: id,
    ...(accessToken === undefined ? {} : { atHash: hash(accessToken) }),
    ...(code === undefined ? {} : { cHash: hash(code) }),
  });
}

/** Signs tokens of one subject; what they have in common was read once. */
interface Signer {
  sign(parts: Omit<TokenParts, "issuedAt">, type?: string): Promise<string>;
  /** For `at_hash` and `c_hash`. */
  hash(text: string): string;
}

async function createSigner(provider: ProviderContext, subject: TokenSubject): Promise<Signer> {
  const facts = await readTokenFacts(provider, subject);
  const { signing } = await provider.keys.current();
  const issuedAt = Math.trunc(provider.clock());
  return {
    sign: (parts, type) =>
      signJwt(signing, tokenClaims(provider.configuration, subject, facts, { ...parts, issuedAt }), type),
    hash: (text) => halfHash(text, signing.algorithm),
  };
}
