import type { OAuth2Options } from "../../config/connector-configuration.ts";
import type { Identity } from "../../protocol/identity.ts";
import { ConnectorError } from "../connector-error.ts";

/**
 * An identity from what a vendor tells; what it does not tell is empty.
 *
 * Several vendors tell an address and nothing else. Their people have no user id, as in the sessions that oauth2-proxy made:
 * an application would see a user that it has never seen otherwise.
 */
export function vendorIdentity(told: Partial<Identity> & { readonly email: string }): Identity {
  const { userId = "", preferredUsername = "", emailVerified = false, groups = [] } = told;
  const username = told.username || preferredUsername || userId || told.email;
  return { userId, username, preferredUsername, email: told.email, emailVerified, groups };
}

/**
 * Refuse an address that the vendor says is not verified: anybody could sign up there with somebody else's.
 * @throws {ConnectorError} `denied`.
 */
export function refuseUnverified(configuration: OAuth2Options, verified: unknown): void {
  if (verified !== false || configuration.allowUnverifiedEmail === true) return;
  throw new ConnectorError(
    "denied",
    "Your e-mail address is not verified at the identity provider.",
    new Error("the e-mail address is not verified"),
  );
}
