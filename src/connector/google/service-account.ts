import { importRsaKey } from "../oauth2/rsa-key.ts";
import { textAt } from "../oauth2/json-field.ts";
import type { ObtainToken } from "./account-token.ts";
import { GOOGLE_TOKEN_URL, type GoogleTokenDeps, grantClaims, redeemAssertion, signGrant } from "./google-token.ts";

export interface ServiceAccount {
  readonly email: string;
  readonly key: CryptoKey;
  /** Empty when the file does not name its key. */
  readonly keyId: string;
  readonly tokenUrl: URL;
}

/** @param document the parsed key file. @throws {Error} saying what it lacks. */
export async function readServiceAccount(document: unknown): Promise<ServiceAccount> {
  if (textAt(document, "type") !== "service_account") throw new Error('its "type" is not "service_account"');
  const email = textAt(document, "client_email") ?? "";
  const tokenUrl = URL.parse(textAt(document, "token_uri") || GOOGLE_TOKEN_URL);
  if (email === "" || tokenUrl === null) throw new Error('its "client_email" or "token_uri" is not usable');
  const pem = document instanceof Object && "private_key" in document ? String(document.private_key) : "";
  const key = await importRsaKey(pem).catch(() => {
    throw new Error('its "private_key" is not an RSA key in PEM form');
  });
  return { email, key, keyId: textAt(document, "private_key_id") ?? "", tokenUrl };
}

/**
 * Tokens of a service account by its own signature.
 * @param subject whom it acts for by domain-wide delegation; empty = itself.
 */
export function serviceAccountTokens(deps: GoogleTokenDeps, account: ServiceAccount, subject: string): ObtainToken {
  return async (scope) => {
    const { email, tokenUrl } = account;
    const claims = grantClaims({ issuer: email, subject, scope, audience: tokenUrl.href, now: deps.clock() });
    return redeemAssertion(deps, tokenUrl, await signGrant(account.key, account.keyId, claims));
  };
}
