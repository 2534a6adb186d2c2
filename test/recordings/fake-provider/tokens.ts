import type { Json, JsonObject } from "../scenario.ts";
import { keyNamed, signToken } from "./keys.ts";
import type { Provider } from "./provider.ts";

/** Who a token is for. */
export interface TokenSubject {
  readonly user: string;
  readonly client: string;
}

/** An ID token as the settings shape it. OpenID Connect Core §2 */
export function idToken(provider: Provider, { user, client }: TokenSubject, nonce: string | undefined): string {
  const { settings, base, keys } = provider;
  const now = Math.floor(Date.now() / 1000);
  const own = Object.entries(provider.users[user] ?? {}).filter(([name]) => !settings.id_token_omit.includes(name));
  const claims = {
    iss: base,
    aud: client,
    iat: now,
    // Of one second most may be over already: then the token would have ended before it arrives.
    exp: now + (settings.id_token_ttl === 1 ? 2 : settings.id_token_ttl),
    jti: `id.${user}.${provider.next()}`,
    ...(nonce ? { nonce } : {}),
    ...Object.fromEntries(own),
    ...settings.id_token,
  };
  return signToken(withoutNull(claims), { key: keyNamed(keys, settings.id_token_key), alg: settings.id_token_alg });
}

/** An access token that says its user and number; as a JWT when the settings say so. */
export function accessToken(provider: Provider, { user, client }: TokenSubject): string {
  const { settings, base, keys } = provider;
  const name = `at.${user}.${provider.next()}`;
  if (settings.access_token === "opaque") return name;
  const now = Math.floor(Date.now() / 1000);
  const sub = provider.users[user]?.["sub"] ?? "";
  const claims = { iss: base, aud: client, iat: now, exp: now + 3600, sub, jti: name, ...settings.access_claims };
  return signToken(claims, { key: keyNamed(keys, "main"), alg: "RS256" });
}

/** Whose token it is; undefined when it is none of ours. */
export function userOf({ users }: Provider, token: string): string | undefined {
  const [, user = "", number, ...more] = nameIn(token).split(".");
  return number !== undefined && more.length === 0 && user in users ? user : undefined;
}

/** Leave out claims that are null. */
export function withoutNull(claims: Readonly<Record<string, Json>>): JsonObject {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null));
}

function nameIn(token: string): string {
  if (!token.startsWith("ey")) return token;
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).jti ?? "";
}
