import { requestHeadersFromFlags, responseHeadersFromFlags } from "./headers-from-flags.ts";
import type { OptionName } from "./options.ts";
import { providerFromFlags } from "./provider-from-flags.ts";
import type { Resolving } from "./resolving.ts";
import { metricsServerFromFlags, serverFromFlags } from "./servers-from-flags.ts";
import type { StructuredOptions } from "./structured-options.ts";
import type { PlaceOf } from "./structured/structured-resolving.ts";
import { upstreamsFromFlags } from "./upstreams-from-flags.ts";

/** Structured options, and where each of them stands. */
export interface PlacedStructured {
  readonly structured: StructuredOptions;
  readonly placeOf: PlaceOf;
}

/** The flags that a structured file replaces, as such a file. What cannot be read is added to the problems. */
export function structuredFromFlags(resolving: Resolving): PlacedStructured {
  const request = requestHeadersFromFlags(resolving);
  const response = responseHeadersFromFlags(resolving);
  const structured: StructuredOptions = {
    upstreamConfig: upstreamsFromFlags(resolving),
    injectRequestHeaders: request.map(({ header }) => header),
    injectResponseHeaders: response.map(({ header }) => header),
    server: serverFromFlags(resolving),
    metricsServer: metricsServerFromFlags(resolving),
    providers: [providerFromFlags(resolving)],
  };
  const optionOf = (path: string): OptionName => {
    const [, kind, index] = /^inject(Request|Response)Headers\[(\d+)\]/.exec(path) ?? [];
    const header = (kind === "Request" ? request : response)[Number(index)];
    return header?.option ?? OPTION_OF.find(([start]) => path.startsWith(start))?.[1] ?? "config";
  };
  return { structured, placeOf: (path) => resolving.settings.place(optionOf(path)) };
}

/** Path in the structured options → the flag that says the same; the first that fits. */
const OPTION_OF: readonly (readonly [string, OptionName])[] = [
  ["upstreamConfig", "upstream"],
  ["injectRequestHeaders", "pass-user-headers"],
  ["injectResponseHeaders", "set-xauthrequest"],
  ["server.bindAddress", "http-address"],
  ["server.secureBindAddress", "https-address"],
  ["server.tls.key", "tls-key-file"],
  ["server.tls.minVersion", "tls-min-version"],
  ["server.tls.cipherSuites", "tls-cipher-suite"],
  ["server.tls", "tls-cert-file"],
  ["server", "http-address"],
  ["metricsServer.secureBindAddress", "metrics-secure-address"],
  ["metricsServer.tls.key", "metrics-tls-key-file"],
  ["metricsServer.tls", "metrics-tls-cert-file"],
  ["metricsServer", "metrics-address"],
  ["providers[0].id", "provider-display-name"],
  ["providers[0].provider", "provider"],
  ["providers[0].name", "provider-display-name"],
  ["providers[0].clientID", "client-id"],
  ["providers[0].clientSecretFile", "client-secret-file"],
  ["providers[0].clientSecret", "client-secret"],
  ["providers[0].loginURLParameters", "approval-prompt"],
  ["providers[0].loginURL", "login-url"],
  ["providers[0].authRequestResponseMode", "auth-request-response-mode"],
  ["providers[0].redeemURL", "redeem-url"],
  ["providers[0].profileURL", "profile-url"],
  ["providers[0].skipClaimsFromProfileURL", "skip-claims-from-profile-url"],
  ["providers[0].resource", "resource"],
  ["providers[0].validateURL", "validate-url"],
  ["providers[0].scope", "scope"],
  ["providers[0].allowedGroups", "allowed-group"],
  ["providers[0].code_challenge_method", "code-challenge-method"],
  ["providers[0].backendLogoutURL", "backend-logout-url"],
  ["providers[0].caFiles", "provider-ca-file"],
  ["providers[0].useSystemTrustStore", "use-system-trust-store"],
  ["providers[0].oidcConfig.issuerURL", "oidc-issuer-url"],
  ["providers[0].oidcConfig.insecureAllowUnverifiedEmail", "insecure-oidc-allow-unverified-email"],
  ["providers[0].oidcConfig.insecureSkipIssuerVerification", "insecure-oidc-skip-issuer-verification"],
  ["providers[0].oidcConfig.insecureSkipNonce", "insecure-oidc-skip-nonce"],
  ["providers[0].oidcConfig.skipDiscovery", "skip-oidc-discovery"],
  ["providers[0].oidcConfig.jwksURL", "oidc-jwks-url"],
  ["providers[0].oidcConfig.publicKeyFiles", "oidc-public-key-file"],
  ["providers[0].oidcConfig.emailClaim", "oidc-email-claim"],
  ["providers[0].oidcConfig.groupsClaim", "oidc-groups-claim"],
  ["providers[0].oidcConfig.userIDClaim", "user-id-claim"],
  ["providers[0].oidcConfig.audienceClaims", "oidc-audience-claim"],
  ["providers[0].oidcConfig.extraAudiences", "oidc-extra-audience"],
  ["providers[0].oidcConfig.enabledSigningAlgs", "oidc-enabled-signing-alg"],
  ["providers[0].azureConfig.graphGroupField", "azure-graph-group-field"],
  ["providers[0].azureConfig", "azure-tenant"],
  ["providers[0].microsoftEntraIDConfig.federatedTokenAuth", "entra-id-federated-token-auth"],
  ["providers[0].microsoftEntraIDConfig", "entra-id-allowed-tenant"],
  ["providers[0].keycloakConfig.roles", "allowed-role"],
  ["providers[0].keycloakConfig", "keycloak-group"],
  ["providers[0].bitbucketConfig.repository", "bitbucket-repository"],
  ["providers[0].bitbucketConfig", "bitbucket-team"],
  ["providers[0].githubConfig.team", "github-team"],
  ["providers[0].githubConfig.repo", "github-repo"],
  ["providers[0].githubConfig.token", "github-token"],
  ["providers[0].githubConfig.users", "github-user"],
  ["providers[0].githubConfig", "github-org"],
  ["providers[0].gitlabConfig.projects", "gitlab-project"],
  ["providers[0].gitlabConfig", "gitlab-group"],
  ["providers[0].googleConfig.adminEmail", "google-admin-email"],
  ["providers[0].googleConfig.serviceAccountJson", "google-service-account-json"],
  ["providers[0].googleConfig.useApplicationDefaultCredentials", "google-use-application-default-credentials"],
  ["providers[0].googleConfig.targetPrincipal", "google-target-principal"],
  ["providers[0].googleConfig.useOrganizationID", "google-use-organization-id"],
  ["providers[0].googleConfig.adminAPIUserScope", "google-admin-api-user-scope"],
  ["providers[0].googleConfig", "google-group"],
  ["providers[0].loginGovConfig.jwtKeyFile", "jwt-key-file"],
  ["providers[0].loginGovConfig.pubjwkURL", "pubjwk-url"],
  ["providers[0].loginGovConfig", "jwt-key"],
  ["providers", "provider"],
];
