import { SignJWT } from "jose";
import type { Clock } from "../../protocol/clock.ts";
import { askApi, type ApiRequest } from "../oauth2/api-request.ts";
import { fieldAt, textAt } from "../oauth2/json-field.ts";
import { type Fetch, parseJson, unreachable } from "../oidc/upstream-request.ts";

/** An access token for one of Google's interfaces. */
export interface GoogleToken {
  readonly accessToken: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

export interface GoogleTokenDeps {
  readonly clock: Clock;
  readonly fetch: Fetch;
}

export interface TokenClaims {
  readonly issuer: string;
  /** Whom to act for; empty = the account itself. */
  readonly subject: string;
  readonly scope: string;
  readonly audience: string;
  readonly now: number;
}

export const GOOGLE_TOKEN_URL = "https://oauth2.googleapis.com/token";
const ASSERTION_SECONDS = 3600;

/** The claims that Google's JWT grant takes. @see https://developers.google.com/identity/protocols/oauth2/service-account */
export function grantClaims({ issuer, subject, scope, audience, now }: TokenClaims): Readonly<Record<string, unknown>> {
  const issuedAt = Math.floor(now);
  return {
    iss: issuer,
    scope,
    aud: audience,
    iat: issuedAt,
    exp: issuedAt + ASSERTION_SECONDS,
    ...(subject !== "" && { sub: subject }),
  };
}

export function signGrant(key: CryptoKey, keyId: string, claims: Readonly<Record<string, unknown>>): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "RS256", typ: "JWT", ...(keyId !== "" && { kid: keyId }) })
    .sign(key);
}

/** RFC 7523 §2.1. @returns undefined when the account may not have this scope. */
export function redeemAssertion(deps: GoogleTokenDeps, url: URL, assertion: string): Promise<GoogleToken | undefined> {
  const form = new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
  return askForToken(deps, { what: "Google's token endpoint", url, headers: {}, form });
}

/**
 * @returns undefined when the account may not have the scope that was asked for.
 * @throws {ConnectorError} `unreachable` for everything else: it is the operator's to mend.
 */
export async function askForToken(deps: GoogleTokenDeps, request: ApiRequest): Promise<GoogleToken | undefined> {
  const { status, text } = await askApi(deps.fetch, request);
  const document = parseJson(text);
  const accessToken = textAt(document, "access_token") ?? textAt(document, "accessToken");
  if (status === 200 && accessToken !== undefined) return { accessToken, expiresAt: endOf(document, deps.clock()) };
  const error = textAt(document, "error") ?? textAt(document, "error", "status") ?? "";
  if (error === "unauthorized_client") return undefined;
  throw unreachable(`${request.what} answered ${status}${/^\w{1,60}$/.test(error) ? ` (${error})` : ""}`);
}

function endOf(document: unknown, now: number): number {
  const lifetime = Number(fieldAt(document, ["expires_in"]) ?? Number.NaN);
  if (Number.isFinite(lifetime)) return now + lifetime;
  const told = Date.parse(textAt(document, "expireTime") ?? "") / 1000;
  return Number.isFinite(told) ? told : now;
}
