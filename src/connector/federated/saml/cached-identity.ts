import type { Identity } from "../../../protocol/identity.ts";
import { unreachable } from "../../oidc/upstream-request.ts";
import { readAnswer } from "../oauth-vendor/go-json.ts";
import { decodeStored, encodeStored } from "../oauth-vendor/stored-tokens.ts";

/** What is kept for a renewal: the identity, under dex's names. */
export function encodeIdentity({ groups, ...identity }: Identity): Uint8Array {
  const { userId, username, preferredUsername, email, emailVerified } = identity;
  const kept = { userId, username, preferredUsername, email, emailVerified };
  return encodeStored({ ...kept, ...(groups.length > 0 && { groups }) });
}

/**
 * @param withGroups is anybody told the groups?
 * @throws {ConnectorError} `unreachable` when there is no identity in it.
 */
export function decodeIdentity(data: Uint8Array | undefined, withGroups: boolean): Identity {
  const stored = decodeStored(data);
  // Another type of connector under the same id left an object too: taken for an identity, it would be an empty one.
  if (stored === undefined || !stored["userId"]) throw unreachable("no identity is stored with this login");
  const kept = readAnswer(stored, "the stored identity");
  return {
    userId: kept.text("userId"),
    username: kept.text("username"),
    preferredUsername: kept.text("preferredUsername"),
    email: kept.text("email"),
    emailVerified: kept.flag("emailVerified"),
    groups: withGroups ? kept.texts("groups") : [],
  };
}
