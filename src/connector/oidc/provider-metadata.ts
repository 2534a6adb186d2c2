import { isRecord } from "./upstream-request.ts";

/** What the upstream says of itself in its discovery document, checked. */
export interface ProviderMetadata {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly userinfoEndpoint?: string;
  readonly endSessionEndpoint?: string;
  /** Signature algorithms of its ID tokens, asymmetric ones only. Never empty. */
  readonly signingAlgorithms: readonly string[];
  /** Client authentication methods at the token endpoint; `client_secret_basic` when it does not say. */
  readonly tokenAuthenticationMethods: readonly string[];
  /** Code challenge methods (RFC 7636 §4.3). Absent = it does not say. */
  readonly challengeMethods?: readonly string[];
  /** It sends `iss` in every authorization response (RFC 9207 §3). */
  readonly sendsIssuer: boolean;
}

/** Never `none` or `HS*`: a public key must not be taken for a shared secret (RFC 8725 §2.1). */
const ASYMMETRIC = new Set("RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" "));

/** How the configuration changes what a discovery document must say. */
export interface MetadataPolicy {
  /** It may name another issuer. Default false. */
  readonly skipIssuerVerification?: boolean;
  /** Accept these signature algorithms only; empty or absent = all that are safe. */
  readonly signingAlgorithms?: readonly string[];
  /** How it names itself in tokens where that is not its address; its document may then say anything. Empty or absent = its address. */
  readonly issuerAlias?: string;
  /** The operator's own endpoints, whatever the document says; these may be plain http. Empty or absent = the document's. */
  readonly overrides?: Readonly<Partial<Record<EndpointName, string>>>;
}

type EndpointName = "authorization" | "token" | "jwks" | "userinfo" | "endSession";

const MEMBERS: Readonly<Record<EndpointName, string>> = {
  authorization: "authorization_endpoint",
  token: "token_endpoint",
  jwks: "jwks_uri",
  userinfo: "userinfo_endpoint",
  endSession: "end_session_endpoint",
};

/**
 * Check a discovery document.
 *
 * @param issuer as configured: the document's own must be the same, character for character.
 * @throws {Error} in words for the operator.
 * @see OpenID Connect Discovery §4.3
 */
export function parseProviderMetadata(
  document: unknown,
  issuer: string,
  policy: MetadataPolicy = {},
): ProviderMetadata {
  if (!isRecord(document)) throw new Error("the discovery document is not a JSON object");
  const name = policy.issuerAlias || issuer;
  if (document.issuer !== issuer && policy.skipIssuerVerification !== true && !policy.issuerAlias) {
    throw new Error(
      `the discovery document names the issuer ${quoted(document.issuer)}, the configuration ${quoted(issuer)}; they must be the same`,
    );
  }
  const find = (which: EndpointName): string | undefined =>
    policy.overrides?.[which] || endpoint(document, MEMBERS[which], issuer);
  const required = (which: EndpointName): string => {
    const url = find(which);
    if (url === undefined) throw new Error(`the discovery document has no ${MEMBERS[which]}`);
    return url;
  };
  const userinfoEndpoint = find("userinfo");
  const endSessionEndpoint = find("endSession");
  const challengeMethods = strings(document.code_challenge_methods_supported);
  return {
    issuer: name,
    authorizationEndpoint: required("authorization"),
    tokenEndpoint: required("token"),
    jwksUri: required("jwks"),
    ...(userinfoEndpoint !== undefined && { userinfoEndpoint }),
    ...(endSessionEndpoint !== undefined && { endSessionEndpoint }),
    signingAlgorithms: usableAlgorithms(strings(document.id_token_signing_alg_values_supported), policy),
    tokenAuthenticationMethods: strings(document.token_endpoint_auth_methods_supported) ?? ["client_secret_basic"],
    ...(challengeMethods !== undefined && { challengeMethods }),
    sendsIssuer: document.authorization_response_iss_parameter_supported === true,
  };
}

/**
 * A URL of a discovery document. An upstream on https must not make us send codes and secrets over http.
 *
 * @returns undefined when it has none of that name.
 * @throws {Error} in words for the operator.
 */
export function endpoint(
  document: Readonly<Record<string, unknown>>,
  name: string,
  issuer: string,
): string | undefined {
  const value = document[name];
  if (value === undefined || value === null || value === "") return undefined;
  const url = typeof value === "string" ? URL.parse(value) : null;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && issuer.startsWith("http:"))) return url.href;
  throw new Error(`the discovery document's ${name} ${quoted(value)} is not an https URL`);
}

/**
 * What is offered and accepted and safe; RS256 when nobody says anything.
 *
 * @param offered by the upstream; absent = it does not say.
 * @throws {Error} in words for the operator when nothing is left.
 */
export function usableAlgorithms(offered: readonly string[] | undefined, policy: MetadataPolicy): readonly string[] {
  const { signingAlgorithms: accepted = [] } = policy;
  const candidates = offered?.length ? offered : accepted.length > 0 ? accepted : ["RS256"];
  const usable = candidates
    .filter((algorithm) => accepted.length === 0 || accepted.includes(algorithm))
    .filter((algorithm) => ASYMMETRIC.has(algorithm));
  if (usable.length === 0)
    throw new Error(`none of its signature algorithms is usable: ${quoted(candidates.join(" "))}`);
  return usable;
}

/** Every signature algorithm that a published key can be trusted with. */
export const ASYMMETRIC_ALGORITHMS: readonly string[] = [...ASYMMETRIC];

function strings(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined;
}

function quoted(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, 200);
}
