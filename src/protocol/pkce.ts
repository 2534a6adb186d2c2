import { createHash, timingSafeEqual } from "node:crypto";

import { OAuthError } from "./oauth-error.ts";

/** What an authorization code was bound to; empty strings when the client sent no challenge. */
export interface PkceChallenge {
  readonly codeChallenge: string;
  readonly codeChallengeMethod: string;
}

/**
 * Check a `code_verifier` against the challenge its authorization code was bound to.
 *
 * A verifier without a challenge is refused too: the code was then not requested by the client that now redeems it (the PKCE
 * downgrade of RFC 9700 §2.1.1).
 *
 * @param verifier empty when absent.
 * @throws {OAuthError} `invalid_grant`, or `invalid_request` for a verifier without a challenge.
 * @see RFC 7636 §4.6
 */
export function verifyPkce(challenge: PkceChallenge, verifier: string): void {
  if (challenge.codeChallenge === "") {
    if (verifier === "") return;
    throw new OAuthError("invalid_request", "No PKCE flow started. Cannot check code_verifier.");
  }
  if (verifier === "") throw new OAuthError("invalid_grant", "Expecting parameter code_verifier in PKCE flow.");
  const computed = challenge.codeChallengeMethod === "S256" ? s256(verifier) : verifier;
  if (!equals(computed, challenge.codeChallenge)) throw new OAuthError("invalid_grant", "Invalid code_verifier.");
}

/** 43 to 128 unreserved characters: the form of a verifier (RFC 7636 §4.1) and of a challenge (§4.2). */
export function hasPkceForm(text: string): boolean {
  return /^[A-Za-z0-9._~-]{43,128}$/.test(text);
}

/**
 * Refuse a verifier that is too short to be a proof. dex does not look.
 *
 * @param verifier empty when absent.
 * @throws {OAuthError} `invalid_request`.
 */
export function checkVerifierForm(verifier: string): void {
  if (verifier === "" || hasPkceForm(verifier)) return;
  throw new OAuthError("invalid_request", "code_verifier must be 43 to 128 unreserved characters.");
}

function s256(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

function equals(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
