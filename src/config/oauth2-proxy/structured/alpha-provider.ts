import type {
  StructuredLoginParameter,
  StructuredOidc,
  StructuredProvider,
  StructuredVendors,
} from "../structured-options.ts";
import { child, flag, items, optionalText, type Section, text, texts } from "./alpha-section.ts";

/** One provider. The first of the list is laid over the original's default one, a Google with Azure's common tenant. */
export function readProvider(section: Section, index: number): StructuredProvider {
  const isFirst = index === 0;
  return {
    id: text(section, "id"),
    provider: text(section, "provider", isFirst ? "google" : ""),
    name: text(section, "name"),
    clientID: text(section, "clientID"),
    clientSecret: text(section, "clientSecret"),
    clientSecretFile: text(section, "clientSecretFile"),
    loginURL: text(section, "loginURL"),
    loginURLParameters: items(section, "loginURLParameters", readLoginParameter) ?? [],
    authRequestResponseMode: text(section, "authRequestResponseMode"),
    redeemURL: text(section, "redeemURL"),
    profileURL: text(section, "profileURL"),
    skipClaimsFromProfileURL: flag(section, "skipClaimsFromProfileURL"),
    resource: text(section, "resource"),
    validateURL: text(section, "validateURL"),
    scope: text(section, "scope"),
    allowedGroups: texts(section, "allowedGroups"),
    code_challenge_method: text(section, "code_challenge_method"),
    additionalClaims: texts(section, "additionalClaims"),
    backendLogoutURL: text(section, "backendLogoutURL"),
    caFiles: texts(section, "caFiles"),
    useSystemTrustStore: flag(section, "useSystemTrustStore"),
    oidcConfig: child(section, "oidcConfig", readOidc),
    azureConfig: child(section, "azureConfig", (azure) => ({
      tenant: text(azure, "tenant", isFirst ? "common" : ""),
      graphGroupField: text(azure, "graphGroupField"),
    })),
    ...readVendors(section),
  };
}

function readVendors(section: Section): Omit<StructuredVendors, "azureConfig"> {
  return {
    microsoftEntraIDConfig: child(section, "microsoftEntraIDConfig", (entra) => ({
      allowedTenants: texts(entra, "allowedTenants"),
      federatedTokenAuth: flag(entra, "federatedTokenAuth"),
    })),
    ADFSConfig: child(section, "ADFSConfig", (adfs) => ({ skipScope: flag(adfs, "skipScope") })),
    keycloakConfig: child(section, "keycloakConfig", (keycloak) => ({
      groups: texts(keycloak, "groups"),
      roles: texts(keycloak, "roles"),
    })),
    bitbucketConfig: child(section, "bitbucketConfig", (bitbucket) => ({
      team: text(bitbucket, "team"),
      repository: text(bitbucket, "repository"),
    })),
    githubConfig: child(section, "githubConfig", (github) => ({
      org: text(github, "org"),
      team: text(github, "team"),
      repo: text(github, "repo"),
      token: text(github, "token"),
      users: texts(github, "users"),
    })),
    gitlabConfig: child(section, "gitlabConfig", (gitlab) => ({
      group: texts(gitlab, "group"),
      projects: texts(gitlab, "projects"),
    })),
    googleConfig: child(section, "googleConfig", readGoogle),
    loginGovConfig: child(section, "loginGovConfig", (loginGov) => ({
      jwtKey: text(loginGov, "jwtKey"),
      jwtKeyFile: text(loginGov, "jwtKeyFile"),
      pubjwkURL: text(loginGov, "pubjwkURL"),
    })),
  };
}

function readGoogle(section: Section): StructuredProvider["googleConfig"] {
  return {
    group: texts(section, "group"),
    adminEmail: text(section, "adminEmail"),
    serviceAccountJson: text(section, "serviceAccountJson"),
    useApplicationDefaultCredentials: flag(section, "useApplicationDefaultCredentials"),
    targetPrincipal: text(section, "targetPrincipal"),
    useOrganizationID: flag(section, "useOrganizationID"),
    adminAPIUserScope: text(section, "adminAPIUserScope"),
  };
}

/** Claims that are emptied have their default back, as in the original. */
function readOidc(section: Section): StructuredOidc {
  const audienceClaims = texts(section, "audienceClaims");
  return {
    issuerURL: text(section, "issuerURL"),
    insecureAllowUnverifiedEmail: flag(section, "insecureAllowUnverifiedEmail"),
    insecureSkipIssuerVerification: flag(section, "insecureSkipIssuerVerification"),
    insecureSkipNonce: flag(section, "insecureSkipNonce", true),
    skipDiscovery: flag(section, "skipDiscovery"),
    jwksURL: text(section, "jwksURL"),
    publicKeyFiles: texts(section, "publicKeyFiles"),
    emailClaim: text(section, "emailClaim") || "email",
    groupsClaim: text(section, "groupsClaim") || "groups",
    userIDClaim: text(section, "userIDClaim") || "email",
    audienceClaims: audienceClaims.length === 0 ? ["aud"] : audienceClaims,
    extraAudiences: texts(section, "extraAudiences"),
    enabledSigningAlgs: texts(section, "enabledSigningAlgs"),
  };
}

function readLoginParameter(section: Section): StructuredLoginParameter {
  return {
    name: text(section, "name"),
    default: texts(section, "default"),
    allow:
      items(section, "allow", (rule) => {
        const value = optionalText(rule, "value");
        const pattern = optionalText(rule, "pattern");
        return { ...(value === undefined ? {} : { value }), ...(pattern === undefined ? {} : { pattern }) };
      }) ?? [],
  };
}
