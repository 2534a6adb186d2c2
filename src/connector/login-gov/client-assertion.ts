import { SignJWT } from "jose";

export interface ClientAssertion {
  readonly clientId: string;
  /** The token endpoint, exactly as it is configured. */
  readonly audience: string;
  /** Seconds since the epoch. */
  readonly now: number;
}

const LIFETIME_SECONDS = 300;

/** Sign who we are for a token endpoint. @see RFC 7523 §3 */
export function signClientAssertion(key: CryptoKey, { clientId, audience, now }: ClientAssertion): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: "RS256", typ: "JWT" })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setExpirationTime(Math.floor(now) + LIFETIME_SECONDS)
    .sign(key);
}
