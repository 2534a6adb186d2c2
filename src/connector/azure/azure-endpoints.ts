import type { AzureConnectorConfiguration, OidcEndpoints } from "../../config/connector-configuration.ts";
import type { ProviderMetadata } from "../oidc/provider-metadata.ts";

const GRAPH = "https://graph.microsoft.com/v1.0/me";

/** The configured endpoints, the tenant's own where there are none. */
export function azureEndpoints({ endpoints, tenant }: AzureConnectorConfiguration): OidcEndpoints {
  const root = `https://login.microsoftonline.com/${tenant || "common"}/oauth2`;
  const common = "https://login.microsoftonline.com/common/oauth2";
  const own = (configured: string | undefined, name: string): string =>
    configured === undefined || configured === "" || configured === `${common}/${name}`
      ? `${root}/${name}`
      : configured;
  const userinfo = endpoints?.userinfo || GRAPH;
  return {
    authorization: own(endpoints?.authorization, "authorize"),
    token: own(endpoints?.token, "token"),
    userinfo,
    jwks: endpoints?.jwks ?? "",
    validate: endpoints?.validate ?? "",
  };
}

/** Where an access token is asked about: the profile, unless something else is configured. */
export function profileUrl(metadata: ProviderMetadata): string {
  return metadata.userinfoEndpoint ?? GRAPH;
}

/** The second version of the endpoints knows scopes in place of resources, and Graph has the groups. */
export function isVersion2({ authorizationEndpoint }: ProviderMetadata): boolean {
  return authorizationEndpoint.includes("v2.0");
}

/** The scope for version 2: Graph must be asked for by name, and `groups` is not known there. */
export function version2Scope(scope: string, metadata: ProviderMetadata): string {
  const graph = `https://${new URL(profileUrl(metadata)).host}/.default`;
  const known = scope.replaceAll(" groups", "");
  return known.includes(` ${graph}`) ? known : `${known} ${graph}`;
}

/** Security groups, with the field that names them. */
export function graphGroupsUrl(metadata: ProviderMetadata, field: string): string {
  const { origin } = new URL(profileUrl(metadata));
  const fields = ["displayName", "id"].includes(field)
    ? "displayName,id"
    : `displayName,id,${encodeURIComponent(field)}`;
  return `${origin}/v1.0/me/transitiveMemberOf?$count=true&$filter=securityEnabled+eq+true&$select=${fields}`;
}
