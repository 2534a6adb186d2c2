import { parseGoUrl } from "../go-url.ts";
import type { StructuredProvider } from "../structured-options.ts";
import { defaultScope, type ProviderType } from "./provider-table.ts";

/** What is asked for, with what a vendor needs besides. */
export function resolveScopes(provider: StructuredProvider, type: ProviderType): readonly string[] {
  const scope = provider.scope === "" ? defaultScope(type, provider.allowedGroups) : provider.scope;
  const addition = Object.hasOwn(ADDITIONS, type) ? ADDITIONS[type] : undefined;
  return (addition === undefined ? scope : addition(provider, scope)).split(" ").filter((word) => word !== "");
}

const ADDITIONS: Readonly<Partial<Record<ProviderType, (provider: StructuredProvider, scope: string) => string>>> = {
  adfs: withResource,
  azure: withGraph,
  gitlab: ({ gitlabConfig }, scope) =>
    gitlabConfig.projects.length === 0 || scope.split(" ").includes("read_api") ? scope : `${scope} read_api`,
  bitbucket: ({ bitbucketConfig: { team, repository } }, scope) => {
    const withTeam = team === "" || scope.includes("team") ? scope : `${scope} team`;
    return repository === "" || withTeam.includes("repository") ? withTeam : `${withTeam} repository`;
  },
};

/** AD FS takes the resource in front of the scope. */
function withResource({ resource }: StructuredProvider, scope: string): string {
  if (resource === "") return scope;
  const prefix = resource.endsWith("/") ? resource : `${resource}/`;
  return scope.startsWith(prefix) ? scope : `${prefix}${scope}`;
}

/** The v2 endpoints know no scope `groups`, and give tokens for Microsoft Graph only when it is asked for. */
function withGraph(provider: StructuredProvider, scope: string): string {
  if (!isAzureV2(provider)) return scope;
  const graph = `https://${graphHost(provider)}/.default`;
  const kept = scope.replaceAll(" groups", "");
  return kept.includes(` ${graph}`) ? kept : `${kept} ${graph}`;
}

/** The issuer says it where the login address is discovered. */
function isAzureV2({ oidcConfig, loginURL }: StructuredProvider): boolean {
  return oidcConfig.skipDiscovery ? loginURL.includes("v2.0") : /\/v2\.0\/?$/.test(oidcConfig.issuerURL);
}

function graphHost({ oidcConfig, profileURL }: StructuredProvider): string {
  const parsed = oidcConfig.skipDiscovery ? parseGoUrl(profileURL) : undefined;
  return (parsed !== undefined && "url" in parsed ? parsed.url.host : "") || "graph.microsoft.com";
}
