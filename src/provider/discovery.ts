import { goJson } from "../protocol/go-json.ts";
import { type ProviderContext, isNative } from "./provider-deps.ts";
import { GRANTS } from "./token/token-endpoint.ts";

const CLAIMS =
  "iss sub aud iat exp email email_verified locale name preferred_username at_hash groups federated_claims".split(" ");
const HEADERS = new Headers({ "Content-Type": "application/json" });

/** `/.well-known/openid-configuration` (OpenID Connect Discovery §4), made once. Members in dex's order. */
export function createDiscovery(provider: ProviderContext): () => Response {
  const body = goJson(metadata(provider), 2);
  return () => new Response(body, { headers: HEADERS });
}

function metadata(provider: ProviderContext): object {
  const { configuration } = provider;
  const { issuer } = configuration;
  const native = isNative(provider);
  return {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    userinfo_endpoint: `${issuer}/userinfo`,
    introspection_endpoint: `${issuer}/token/introspect`,
    revocation_endpoint: native ? `${issuer}/token/revoke` : undefined,
    end_session_endpoint: provider.sharedSession === undefined ? undefined : `${issuer}/logout`,
    grant_types_supported: Object.keys(GRANTS).toSorted(),
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [configuration.signing.algorithm],
    code_challenge_methods_supported: configuration.pkce.methods,
    scopes_supported: ["openid", "email", "groups", "profile", "offline_access"],
    token_endpoint_auth_methods_supported: [
      "client_secret_basic",
      "client_secret_post",
      // Public clients: dex has them, and does not say so.
      ...(native ? ["none"] : []),
    ],
    claims_supported: CLAIMS,
    authorization_response_iss_parameter_supported: native ? true : undefined,
  };
}
