import { decodeJwt } from "jose";
import type { Clock } from "../../protocol/clock.ts";
import { askForJson, denied } from "../oauth2/api-request.ts";
import { textAt } from "../oauth2/json-field.ts";
import { type IdTokenRules, verifyIdToken } from "../oauth2/verify-id-token.ts";
import type { RemoteKeys } from "../oidc/remote-keys.ts";
import { type Fetch, untrusted } from "../oidc/upstream-request.ts";

export interface GoogleIdTokenDeps {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly keys: RemoteKeys;
}

export interface GoogleClaims {
  readonly userId: string;
  readonly email: string;
}

/** Google's older tokens name it without a scheme. */
const ISSUERS = ["https://accounts.google.com", "accounts.google.com"];
const KEYS = "https://www.googleapis.com/oauth2/v3/certs";

/**
 * Verify an ID token, and read who it is about.
 *
 * @throws {ConnectorError} `untrusted`; `denied` without a verified address; `unreachable`.
 * @see https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
 */
export async function readGoogleIdToken(
  deps: GoogleIdTokenDeps,
  idToken: string,
  { tokenUrl, clientId }: { readonly tokenUrl: URL; readonly clientId: string },
): Promise<GoogleClaims> {
  const claims = await verifyIdToken(deps, idToken, { ...(await findSigner(deps, idToken, tokenUrl)), clientId });
  const email = textAt(claims, "email") ?? "";
  const userId = textAt(claims, "sub") ?? "";
  if (email === "" || userId === "") throw denied("the ID token has no e-mail address");
  if (claims.email_verified !== true) throw denied("the e-mail address is not verified");
  return { userId, email };
}

/**
 * Google's keys sign for Google. A configured token endpoint elsewhere may be another issuer: the one at its own origin, which
 * publishes its keys by discovery. Nobody else is believed.
 */
async function findSigner(
  deps: GoogleIdTokenDeps,
  idToken: string,
  tokenUrl: URL,
): Promise<Pick<IdTokenRules, "issuers" | "keysUrl">> {
  const issuer = unverifiedIssuer(idToken);
  if (ISSUERS.includes(issuer)) return { issuers: ISSUERS, keysUrl: KEYS };
  if (URL.parse(issuer)?.origin !== tokenUrl.origin) {
    throw untrusted("the ID token is neither Google's nor of an issuer at the token endpoint's origin");
  }
  const url = new URL(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  const document = await askForJson(deps.fetch, { what: "the issuer's discovery document", url, headers: {} });
  const keysUrl = textAt(document, "jwks_uri") ?? "";
  if (textAt(document, "issuer") !== issuer || keysUrl === "")
    throw untrusted("the discovery document is another issuer's");
  return { issuers: [issuer], keysUrl };
}

function unverifiedIssuer(idToken: string): string {
  try {
    return textAt(decodeJwt(idToken), "iss") ?? "";
  } catch {
    throw untrusted("the ID token is not a JWT");
  }
}
