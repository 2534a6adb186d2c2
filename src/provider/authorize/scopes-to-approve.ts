import { extrasOf, withoutExtras } from "../request-extras.ts";

/** Which scope stands for a claim, where a client asks for claims by name (OpenID Connect Core §5.4). */
const SCOPE_OF_CLAIM: ReadonlyMap<string, string> = new Map([
  ["email", "email"],
  ["email_verified", "email"],
  ["groups", "groups"],
  ["address", "address"],
  ["phone_number", "phone"],
  ["phone_number_verified", "phone"],
]);

/** Claims that say nothing of the person, or nothing new. */
const SAYS_NOTHING = new Set(["sub", "iss", "aud", "exp", "iat", "acr", "amr", "azp", "nonce", "auth_time"]);

/** What a person is asked to agree to: the scopes as sent, and those that claims asked for by name would come under. */
export function scopesToApprove(stored: readonly string[]): readonly string[] {
  const { claims } = extrasOf(stored);
  const names = [...(claims?.idToken ?? []), ...(claims?.userinfo ?? [])].filter((name) => !SAYS_NOTHING.has(name));
  return [...new Set([...withoutExtras(stored), ...names.map((name) => SCOPE_OF_CLAIM.get(name) ?? "profile")])];
}
