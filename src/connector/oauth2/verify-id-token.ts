import { errors, type JWTPayload, jwtVerify } from "jose";
import { constantTimeEquals } from "../../crypto/equals.ts";
import type { Clock } from "../../protocol/clock.ts";
import { ConnectorError } from "../connector-error.ts";
import type { RemoteKeys } from "../oidc/remote-keys.ts";
import { untrusted } from "../oidc/upstream-request.ts";

export interface IdTokenRules {
  /** Any of these. */
  readonly issuers: readonly string[];
  readonly keysUrl: string;
  readonly clientId: string;
  /** Absent: not checked. */
  readonly nonce?: string;
}

const SKEW_SECONDS = 60;

/**
 * Verify an ID token: RS256 by one of the upstream's keys, the one it names; issuer, audience, end, and the nonce if there is one.
 *
 * @throws {ConnectorError} `untrusted`, or `unreachable` when the keys cannot be fetched.
 * @see OpenID Connect Core §3.1.3.7
 */
export async function verifyIdToken(
  deps: { readonly clock: Clock; readonly keys: RemoteKeys },
  token: string,
  rules: IdTokenRules,
): Promise<JWTPayload> {
  const payload = await verifySignature(deps, token, rules).catch((error: unknown) => {
    if (error instanceof ConnectorError) throw error;
    throw untrusted(`the ID token is not valid: ${error instanceof Error ? error.message : "unknown failure"}`);
  });
  const { nonce } = rules;
  const fits = nonce === undefined || (typeof payload.nonce === "string" && constantTimeEquals(payload.nonce, nonce));
  if (!fits) throw untrusted("the ID token is not valid: the nonce is another one");
  return payload;
}

async function verifySignature(
  deps: { readonly clock: Clock; readonly keys: RemoteKeys },
  token: string,
  rules: IdTokenRules,
): Promise<JWTPayload> {
  const options = {
    algorithms: ["RS256"],
    issuer: [...rules.issuers],
    audience: rules.clientId,
    clockTolerance: SKEW_SECONDS,
    currentDate: new Date(deps.clock() * 1000),
    requiredClaims: ["iss", "sub", "aud", "exp"],
  };
  try {
    return (await jwtVerify(token, await deps.keys.current(rules.keysUrl), options)).payload;
  } catch (error) {
    // The upstream may have rotated its keys.
    const renewed = error instanceof errors.JWKSNoMatchingKey ? await deps.keys.renewed(rules.keysUrl) : undefined;
    if (renewed === undefined) throw error;
    return (await jwtVerify(token, renewed, options)).payload;
  }
}
