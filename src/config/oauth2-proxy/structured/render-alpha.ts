import { formatGoDuration } from "../../go-duration.ts";
import type {
  StructuredHeader,
  StructuredOptions,
  StructuredProvider,
  StructuredSecret,
  StructuredServer,
  StructuredUpstream,
} from "../structured-options.ts";
import { renderYaml, type YamlMap, type YamlValue } from "./render-yaml.ts";

/**
 * The options as an `--alpha-config` file, as `--convert-config-to-alpha` prints them: what is empty is left out, keys
 * stand in the original's order, secrets as their bytes. It has the secrets in it that the options hold.
 */
export function renderAlpha(options: StructuredOptions): string {
  const { upstreamConfig } = options;
  return renderYaml({
    ...list("injectRequestHeaders", options.injectRequestHeaders.map(headerMap)),
    ...list("injectResponseHeaders", options.injectResponseHeaders.map(headerMap)),
    metricsServer: serverMap(options.metricsServer),
    ...list("providers", options.providers.map(providerMap)),
    server: serverMap(options.server),
    upstreamConfig: {
      proxyRawPath: upstreamConfig.proxyRawPath,
      ...list("upstreams", upstreamConfig.upstreams.map(upstreamMap)),
    },
  });
}

/** Without what is empty. */
function filled(map: YamlMap): YamlMap {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: YamlValue): boolean {
  if (typeof value !== "object") return value === "";
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}

const list = (key: string, values: readonly YamlValue[]): YamlMap => (values.length === 0 ? {} : { [key]: values });

function headerMap(header: StructuredHeader): YamlMap {
  return {
    ...filled({ name: header.name }),
    preserveRequestValue: header.preserveRequestValue,
    ...(header.InsecureSkipHeaderNormalization ? { InsecureSkipHeaderNormalization: true } : {}),
    ...list(
      "values",
      header.values.map(({ secretSource, claimSource }) => ({
        ...(secretSource === undefined ? {} : { secretSource: secretMap(secretSource) }),
        ...(claimSource === undefined ? {} : { claimSource: claimMap(claimSource) }),
      })),
    ),
  };
}

function claimMap({
  claim,
  prefix,
  basicAuthPassword,
}: NonNullable<StructuredHeader["values"][number]["claimSource"]>): YamlMap {
  const password = basicAuthPassword === undefined ? {} : { basicAuthPassword: secretMap(basicAuthPassword) };
  return { ...filled({ claim, prefix }), ...password };
}

function secretMap({ value = "", fromEnv = "", fromFile = "" }: StructuredSecret): YamlMap {
  return filled({ value: [...new TextEncoder().encode(value)], fromEnv, fromFile });
}

function serverMap({ bindAddress, secureBindAddress, tls }: StructuredServer): YamlMap {
  const address = filled({ bindAddress, secureBindAddress });
  if (tls === undefined) return address;
  return {
    ...address,
    tls: {
      cert: secretMap(tls.cert ?? {}),
      ...filled({ cipherSuites: tls.cipherSuites }),
      key: secretMap(tls.key ?? {}),
      ...filled({ minVersion: tls.minVersion }),
    },
  };
}

function providerMap(provider: StructuredProvider): YamlMap {
  return {
    ...filled({
      clientID: provider.clientID,
      clientSecret: provider.clientSecret,
      clientSecretFile: provider.clientSecretFile,
      ...vendorMaps(provider),
      oidcConfig: oidcMap(provider),
      loginGovConfig: filled(provider.loginGovConfig),
      id: provider.id,
      provider: provider.provider,
      name: provider.name,
      caFiles: provider.caFiles,
      useSystemTrustStore: provider.useSystemTrustStore,
      loginURL: provider.loginURL,
      loginURLParameters: provider.loginURLParameters.map((parameter) => ({
        name: parameter.name,
        ...filled({ default: parameter.default, allow: parameter.allow.map((rule) => ({ ...rule })) }),
      })),
      authRequestResponseMode: provider.authRequestResponseMode,
      redeemURL: provider.redeemURL,
      profileURL: provider.profileURL,
      skipClaimsFromProfileURL: provider.skipClaimsFromProfileURL,
      resource: provider.resource,
      validateURL: provider.validateURL,
      scope: provider.scope,
      allowedGroups: provider.allowedGroups,
      code_challenge_method: provider.code_challenge_method,
      additionalClaims: provider.additionalClaims,
    }),
    backendLogoutURL: provider.backendLogoutURL,
  };
}

function vendorMaps(provider: StructuredProvider): YamlMap {
  const { microsoftEntraIDConfig: entra, githubConfig: github, googleConfig: google } = provider;
  return {
    keycloakConfig: filled(provider.keycloakConfig),
    azureConfig: filled(provider.azureConfig),
    microsoftEntraIDConfig: filled({
      allowedTenants: entra.allowedTenants,
      federatedTokenAuth: entra.federatedTokenAuth,
    }),
    ADFSConfig: { skipScope: provider.ADFSConfig.skipScope },
    bitbucketConfig: filled(provider.bitbucketConfig),
    githubConfig: filled({
      org: github.org,
      team: github.team,
      repo: github.repo,
      token: github.token,
      users: github.users,
    }),
    gitlabConfig: filled(provider.gitlabConfig),
    googleConfig: filled({
      group: google.group,
      adminEmail: google.adminEmail,
      serviceAccountJson: google.serviceAccountJson,
      useApplicationDefaultCredentials: google.useApplicationDefaultCredentials,
      targetPrincipal: google.targetPrincipal,
      useOrganizationID: google.useOrganizationID,
      adminAPIUserScope: google.adminAPIUserScope,
    }),
  };
}

function oidcMap({ oidcConfig: oidc }: StructuredProvider): YamlMap {
  return filled({
    issuerURL: oidc.issuerURL,
    insecureAllowUnverifiedEmail: oidc.insecureAllowUnverifiedEmail,
    insecureSkipIssuerVerification: oidc.insecureSkipIssuerVerification,
    insecureSkipNonce: oidc.insecureSkipNonce,
    skipDiscovery: oidc.skipDiscovery,
    jwksURL: oidc.jwksURL,
    publicKeyFiles: oidc.publicKeyFiles,
    emailClaim: oidc.emailClaim || "email",
    groupsClaim: oidc.groupsClaim || "groups",
    userIDClaim: oidc.userIDClaim || "email",
    audienceClaims: oidc.audienceClaims.length === 0 ? ["aud"] : oidc.audienceClaims,
    extraAudiences: oidc.extraAudiences,
    enabledSigningAlgs: oidc.enabledSigningAlgs,
  });
}

function upstreamMap(upstream: StructuredUpstream): YamlMap {
  const { id, path, rewriteTarget, uri } = upstream;
  return {
    ...filled({ id, path, rewriteTarget, uri }),
    insecureSkipTLSVerify: upstream.insecureSkipTLSVerify,
    static: upstream.static,
    ...(upstream.static ? { staticCode: upstream.staticCode } : {}),
    flushInterval: formatGoDuration(upstream.flushInterval),
    passHostHeader: upstream.passHostHeader,
    proxyWebSockets: upstream.proxyWebSockets,
    timeout: formatGoDuration(upstream.timeout),
    disableKeepAlives: upstream.disableKeepAlives,
  };
}
