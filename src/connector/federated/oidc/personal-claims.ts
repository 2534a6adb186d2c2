import type { Identity } from "../../../protocol/identity.ts";
import type { Claims } from "../../oidc/identity-claims.ts";

/** What OpenID Connect Core §5.4 gives for `profile`, `address` and `phone`, without what an identity has anyway; and §2's `acr`. */
const KEPT =
  "given_name family_name middle_name nickname profile picture website gender birthdate zoneinfo locale updated_at address phone_number phone_number_verified acr".split(
    " ",
  );

/** The standard claims that an upstream told besides those of an identity, as they came; absent when there are none. */
export function personalClaims(claims: Claims): Pick<Identity, "additionalClaims"> {
  const told = KEPT.filter((name) => (claims[name] ?? undefined) !== undefined).map((name) => [name, claims[name]]);
  return told.length === 0 ? {} : { additionalClaims: Object.fromEntries(told) };
}
