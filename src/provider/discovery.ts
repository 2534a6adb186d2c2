import { goJson } from "../protocol/go-json.ts";
import { type ProviderContext, isNative } from "./provider-deps.ts";

const CLAIMS =
  "iss sub aud iat exp email email_verified locale name preferred_username at_hash groups federated_claims".split(" ");
const HEADERS = new Headers({ "Content-Type": "application/json" });

/** `/.well-known/openid-configuration` (OpenID Connect Discovery §4). Members in dex's order, then what dex has not. */
export function createDiscovery(provider: ProviderContext): () => Response | Promise<Response> {
  const { signing } = provider.configuration;
  const bodyFor = (algorithm: string): string =>
    goJson({ ...metadataAsDex(provider, algorithm), ...additionalMetadata(provider) }, 2);
  const respond = (body: string): Response => new Response(body, { headers: HEADERS });
  if (signing.type === "vault") return async () => respond(bodyFor(await algorithmOfVault(provider)));
  const body = bodyFor(signing.algorithm); // made once
  return () => respond(body);
}

/** Clients start while Vault is down, too: they are told what dex tells them then. */
async function algorithmOfVault({ keys }: ProviderContext): Promise<string> {
  try {
    return (await keys.current()).signing.algorithm;
  } catch {
    return "RS256"; // why, is in the log
  }
}

function metadataAsDex(provider: ProviderContext, algorithm: string): object {
  const { configuration, baseUrl } = provider;
  return {
    issuer: configuration.issuer,
    authorization_endpoint: `${baseUrl}/auth`,
    token_endpoint: `${baseUrl}/token`,
    jwks_uri: `${baseUrl}/keys`,
    userinfo_endpoint: `${baseUrl}/userinfo`,
    device_authorization_endpoint: `${baseUrl}/device/code`,
    introspection_endpoint: `${baseUrl}/token/introspect`,
    end_session_endpoint: provider.sharedSession === undefined ? undefined : `${baseUrl}/logout`,
    grant_types_supported: configuration.grantTypes,
    response_types_supported: configuration.responseTypes,
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [algorithm],
    code_challenge_methods_supported: configuration.pkce.methods,
    scopes_supported: [
      "openid",
      "email",
      "groups",
      "profile",
      "offline_access",
      ...(isNative(provider) ? ["address", "phone"] : []),
    ],
    token_endpoint_auth_methods_supported: [
      "client_secret_basic",
      "client_secret_post",
      // Public clients: dex has them, and does not say so.
      ...(isNative(provider) ? ["none"] : []),
    ],
    claims_supported: CLAIMS,
  };
}

function additionalMetadata({ baseUrl }: ProviderContext): object {
  return {
    revocation_endpoint: `${baseUrl}/token/revoke`,
    response_modes_supported: ["query", "fragment", "form_post"],
    claims_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
  };
}
