import { type FakeReply, json } from "../fake-server.ts";
import { substitute } from "../placeholders.ts";
import { keyNamed } from "./keys.ts";
import type { Provider } from "./provider.ts";

/**
 * The metadata of the issuer at a path: empty for the provider itself, `/issuer2` for one with another key, `/issuer3`
 * for one that has no metadata. OpenID Connect Discovery §4
 */
export function discovery({ base, settings }: Provider, prefix: string): FakeReply {
  if (settings.discovery_status !== 200) return json(settings.discovery_status, { error: "no discovery" });
  if (prefix.startsWith("/issuer3")) return json(404, { error: "no discovery" });
  const issuer = base + prefix;
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/jwks`,
    end_session_endpoint: `${issuer}/logout`,
    introspection_endpoint: `${issuer}/introspect`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid", "email", "profile", "groups", "offline_access"],
    code_challenge_methods_supported: ["S256", "plain"],
    ...substitute(settings.discovery, { idp: base }),
  };
  return json(200, Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null)));
}

/** The keys that the provider shows; the further issuers always show the other one. RFC 7517 §5 */
export function keySet({ keys, settings }: Provider, path: string): FakeReply {
  const names = path.startsWith("/issuer") ? ["other"] : settings.jwks;
  return json(200, { keys: names.map((name) => keyNamed(keys, name).jwk) });
}
