import { createHash } from "node:crypto";
import type { JWTPayload, JWTVerifyResult } from "jose";
import { constantTimeEquals } from "../../crypto/equals.ts";
import type { Clock } from "../../protocol/clock.ts";
import { ConnectorError } from "../connector-error.ts";
import { verifyJwt } from "./jwt-signature.ts";
import type { KeySource } from "./key-source.ts";
import type { ProviderMetadata } from "./provider-metadata.ts";
import { untrusted } from "./upstream-request.ts";

declare const brand: unique symbol;

/** The claims of an ID token whose signature, issuer, audience, times and nonce hold. Made only by {@link verifyIdToken}. */
export type VerifiedIdToken = JWTPayload & { readonly sub: string; readonly [brand]: true };

export interface VerifyIdTokenDeps {
  readonly clock: Clock;
  readonly keys: KeySource;
}

export interface IdTokenExpectation {
  readonly metadata: ProviderMetadata;
  readonly clientId: string;
  /** Absent: not checked (a refresh). */
  readonly nonce?: string;
  /** Compared with `at_hash` when the token has one. */
  readonly accessToken?: string;
}

const SKEW_SECONDS = 60;
/** Signed by the same keys, but not a proof of who signed in (RFC 8725 §3.11). */
const OTHER_TYPES = new Set(["at+jwt", "logout+jwt", "token-introspection+jwt", "secevent+jwt", "dpop+jwt"]);

/**
 * Verify an ID token that came from the token endpoint.
 *
 * The signature is checked although the token came over TLS from the issuer, with the algorithms that its discovery document
 * names and never `none` or a shared secret. Clocks may differ by 60 seconds.
 *
 * @throws {ConnectorError} `untrusted`, or `unreachable` when the keys cannot be fetched.
 * @see OpenID Connect Core §3.1.3.7
 */
export async function verifyIdToken(
  deps: VerifyIdTokenDeps,
  token: string,
  expectation: IdTokenExpectation,
): Promise<VerifiedIdToken> {
  const { metadata, clientId } = expectation;
  const result = await verifyJwt(deps.keys, metadata.jwksUri, token, {
    algorithms: [...metadata.signingAlgorithms],
    issuer: metadata.issuer,
    audience: clientId,
    clockTolerance: SKEW_SECONDS,
    currentDate: new Date(deps.clock() * 1000),
    requiredClaims: ["iss", "sub", "aud", "exp", "iat"],
  }).catch((error: unknown) => {
    if (error instanceof ConnectorError) throw error;
    throw untrusted(`the ID token is not valid: ${error instanceof Error ? error.message : "unknown failure"}`);
  });
  const problem = findProblem(result, expectation, deps.clock());
  if (problem !== undefined) throw untrusted(`the ID token is not valid: ${problem}`);
  // findProblem has made sure of `sub`, and this is the one place that makes the brand.
  return result.payload as VerifiedIdToken;
}

function findProblem(
  { payload, protectedHeader }: JWTVerifyResult,
  expectation: IdTokenExpectation,
  now: number,
): string | undefined {
  const { iat, sub } = payload;
  const type = protectedHeader.typ?.toLowerCase().replace(/^application\//, "");
  if (type !== undefined && OTHER_TYPES.has(type)) return "it is of another type";
  if (typeof sub !== "string" || sub === "") return "sub is empty";
  if (typeof iat !== "number" || iat > now + SKEW_SECONDS) return "it was issued in the future";
  if (!authorizedPartyFits(payload, expectation.clientId)) return "azp names another client";
  if (!nonceFits(payload.nonce, expectation.nonce)) return "the nonce is another one";
  return atHashFits(payload.at_hash, protectedHeader.alg, expectation.accessToken) ? undefined : "at_hash does not fit";
}

/** OpenID Connect Core §3.1.3.7, steps 4 and 5: a token for several audiences says who asked for it. */
function authorizedPartyFits({ aud, azp }: JWTPayload, clientId: string): boolean {
  const severalAudiences = Array.isArray(aud) && aud.length > 1;
  return azp === clientId || (azp === undefined && !severalAudiences);
}

function nonceFits(nonce: unknown, expected: string | undefined): boolean {
  return expected === undefined || (typeof nonce === "string" && constantTimeEquals(nonce, expected));
}

/** OpenID Connect Core §3.1.3.6: the left half of the hash that belongs to the signature's algorithm. */
export function atHashFits(atHash: unknown, algorithm: string, accessToken: string | undefined): boolean {
  if (atHash === undefined || accessToken === undefined) return true;
  const size = /^(?:RS|PS|ES)(\d{3})$/.exec(algorithm)?.[1] ?? "512";
  const digest = createHash(`sha${size}`).update(accessToken).digest();
  return (
    typeof atHash === "string" &&
    constantTimeEquals(atHash, digest.subarray(0, digest.length / 2).toString("base64url"))
  );
}
