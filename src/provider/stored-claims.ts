import type { Identity } from "../protocol/identity.ts";
import type { StoredClaims } from "./storage-model.ts";

/** What dex has columns for, of what an upstream told. */
export function storedClaimsOf(identity: Identity): StoredClaims {
  const { userId, username, preferredUsername, email, emailVerified, groups } = identity;
  return { userId, username, preferredUsername, email, emailVerified, groups };
}
