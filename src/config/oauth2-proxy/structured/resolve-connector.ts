import type {
  ConnectorConfiguration,
  GoogleConnectorConfiguration,
  OAuth2Options,
  UpstreamTrust,
} from "../../connector-configuration.ts";
import { nearestName } from "../../nearest-name.ts";
import { parseGoUrl } from "../go-url.ts";
import type { StructuredProvider } from "../structured-options.ts";
import { Secret } from "../../../protocol/secret.ts";
import { resolveClientSecret } from "./client-secret.ts";
import { isProviderType, PROVIDERS, type ProviderType } from "./provider-table.ts";
import { resolveLoginGovKey } from "./login-gov-key.ts";
import { resolveOidc } from "./resolve-oidc.ts";
import { resolveProjects } from "./resolve-groups.ts";
import { resolveScopes } from "./resolve-scopes.ts";
import { refuse, type StructuredResolving, warn } from "./structured-resolving.ts";

type ConnectorBase = Pick<OAuth2Options, "id" | "name" | "clientId" | "clientSecret" | "scopes" | "trust" | "pkce">;

/** The identity provider that people sign in with. */
export function resolveConnector(
  resolving: StructuredResolving,
  provider: StructuredProvider,
  trust: UpstreamTrust | undefined,
): ConnectorConfiguration {
  const type = resolveType(resolving, provider);
  checkAddresses(resolving, provider, isDiscovered(type, provider));
  const pkce = resolvePkce(resolving, provider);
  const base: ConnectorBase = {
    id: type,
    name: provider.name || PROVIDERS[type].name,
    clientId: provider.clientID,
    clientSecret: resolveClientSecret(resolving, provider),
    scopes: resolveScopes(provider, type),
    ...(trust === undefined ? {} : { trust }),
    ...(pkce === undefined ? {} : { pkce }),
  };
  return PROVIDERS[type].protocol === "oidc"
    ? oidcConnector(resolving, provider, { type, base })
    : oauth2Connector(resolving, provider, { type, base });
}

function resolveType(resolving: StructuredResolving, { provider }: StructuredProvider): ProviderType {
  if (isProviderType(provider)) return provider;
  const near = nearestName(provider, Object.keys(PROVIDERS));
  const remedy = near === undefined ? `Write one of ${Object.keys(PROVIDERS).join(", ")}.` : `Did you mean ${near}?`;
  refuse(resolving, "providers[0].provider", `unknown provider type: ${provider}`, remedy);
  // One that asks for nothing more, so that no other errors follow from this one.
  return "digitalocean";
}

const ADDRESSES = [
  ["login", "loginURL"],
  ["redeem", "redeemURL"],
  ["profile", "profileURL"],
  ["validate", "validateURL"],
  ["resource", "resource"],
] as const;

/** Azure knows its addresses without asking. */
function isDiscovered(type: ProviderType, { oidcConfig }: StructuredProvider): boolean {
  const { issuerURL, skipDiscovery } = oidcConfig;
  return PROVIDERS[type].protocol === "oidc" && type !== "azure" && issuerURL !== "" && !skipDiscovery;
}

/** Discovered addresses stand in for those of the configuration, so a wrong one does no harm then. */
function checkAddresses(resolving: StructuredResolving, provider: StructuredProvider, discovered: boolean): void {
  for (const [name, key] of ADDRESSES) {
    const parsed = parseGoUrl(provider[key]);
    if (!("error" in parsed)) continue;
    const message = `could not parse ${name} URL: ${parsed.error}`;
    const say = discovered && (name === "login" || name === "redeem" || name === "profile") ? warn : refuse;
    say(resolving, `providers[0].${key}`, message, "Write a full address, such as https://id.example.com/x.");
  }
}

/** With a method it does not know, the original refuses every login; S256 is the one that all know. */
function resolvePkce(
  resolving: StructuredResolving,
  { code_challenge_method: method }: StructuredProvider,
): "S256" | "plain" | undefined {
  if (method === "") return undefined;
  if (method === "S256" || method === "plain") return method;
  const message = `unknown PKCE method ${JSON.stringify(method)}, so S256 is used`;
  warn(resolving, "providers[0].code_challenge_method", message, "Write S256.");
  return "S256";
}

interface Typed {
  readonly type: ProviderType;
  readonly base: ConnectorBase;
}

function oidcConnector(
  resolving: StructuredResolving,
  provider: StructuredProvider,
  { type, base }: Typed,
): ConnectorConfiguration {
  const oidc = { ...base, ...resolveOidc(resolving, provider) };
  const { resource, microsoftEntraIDConfig, azureConfig } = provider;
  switch (type) {
    case "adfs":
      return { ...oidc, type, skipScope: provider.ADFSConfig.skipScope, resource };
    case "azure": {
      const { tenant, graphGroupField } = azureConfig;
      return { ...oidc, type, tenant: tenant || "common", graphGroupField: graphGroupField || "id", resource };
    }
    case "entra-id":
      return { ...oidc, type, ...microsoftEntraIDConfig };
    case "gitlab":
      return { ...oidc, type, projects: resolveProjects(resolving, provider) };
    case "cidaas":
      return { ...oidc, type };
    case "keycloak-oidc":
      return { ...oidc, type };
    default:
      return { ...oidc, type: "oidc" };
  }
}

function oauth2Connector(
  resolving: StructuredResolving,
  provider: StructuredProvider,
  { type, base }: Typed,
): ConnectorConfiguration {
  const { loginURL, redeemURL, profileURL, validateURL } = provider;
  const endpoints = { authorization: loginURL, token: redeemURL, profile: profileURL, validate: validateURL };
  const allowUnverified = provider.oidcConfig.insecureAllowUnverifiedEmail ? { allowUnverifiedEmail: true } : {};
  const oauth2 = { ...base, endpoints, ...allowUnverified };
  switch (type) {
    case "bitbucket":
      return { ...oauth2, type, ...provider.bitbucketConfig };
    case "github":
      return { ...oauth2, type, ...githubOptions(provider) };
    case "google":
      return { ...oauth2, type, ...googleOptions(provider) };
    case "login.gov": {
      const privateKey = resolveLoginGovKey(resolving, provider);
      return { ...oauth2, type, privateKey, keysUrl: provider.loginGovConfig.pubjwkURL };
    }
    case "facebook":
    case "keycloak":
    case "linkedin":
    case "nextcloud":
    case "sourcehut":
      return { ...oauth2, type };
    default:
      return { ...oauth2, type: "digitalocean" };
  }
}

function githubOptions({ githubConfig }: StructuredProvider) {
  const { org, team, repo, token, users } = githubConfig;
  return {
    organization: org,
    // An empty name among them stays: it matches no team, while none at all would mean any.
    teams: team === "" ? [] : team.split(",").map((name) => name.trim()),
    repository: repo,
    repositoryToken: new Secret(token),
    users,
  };
}

type GoogleOptions = Omit<GoogleConnectorConfiguration, keyof OAuth2Options | "type">;

function googleOptions({ googleConfig }: StructuredProvider): GoogleOptions {
  const { group, adminEmail, serviceAccountJson, targetPrincipal, useOrganizationID } = googleConfig;
  return {
    groups: group,
    adminEmail,
    serviceAccountFile: serviceAccountJson,
    useApplicationDefaultCredentials: googleConfig.useApplicationDefaultCredentials,
    targetPrincipal,
    useOrganizationId: useOrganizationID,
    adminApiUserScope: googleConfig.adminAPIUserScope,
  };
}
