import type { Identity } from "../../../protocol/identity.ts";
import type { Claims } from "../identity-claims.ts";
import { untrusted } from "../upstream-request.ts";

/**
 * Who a token of an issuer says somebody is whose claims cannot be configured: `sub`, `email` (else `sub`), `groups` and
 * `preferred_username`, each of exactly the type that it should be.
 *
 * @param claims verified.
 * @throws {ConnectorError} `untrusted` when one is of another type, or the address is not verified.
 */
export function readFixedClaims(claims: Claims): Identity {
  const userId = textOf(claims, "sub");
  const email = textOf(claims, "email") || userId;
  const { email_verified: verified = true } = claims;
  if (verified !== true && verified !== null) throw untrusted("email_verified of the token is not true");
  const preferredUsername = textOf(claims, "preferred_username");
  return {
    userId,
    username: preferredUsername || email,
    preferredUsername,
    email,
    emailVerified: claims.email_verified === true,
    groups: textsOf(claims.groups ?? []),
  };
}

function textOf(claims: Claims, name: string): string {
  const value = claims[name] ?? "";
  if (typeof value !== "string") throw untrusted(`${name} of the token is not a text`);
  return value;
}

function textsOf(value: unknown): readonly string[] {
  const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
  if (!isList) throw untrusted("groups of the token is not a list of texts");
  return value;
}
