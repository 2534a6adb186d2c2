import type { StructuredProvider } from "../structured-options.ts";
import { defaultScope, type ProviderType } from "./provider-table.ts";

/** What is asked for. What a connector needs besides, because of what it finds out, it adds itself. */
export function resolveScopes(provider: StructuredProvider, type: ProviderType): readonly string[] {
  const scope = provider.scope === "" ? defaultScope(type, provider.allowedGroups) : provider.scope;
  const words = (type === "bitbucket" ? withRestrictions(provider, scope) : scope).split(" ");
  return words.filter((word) => word !== "");
}

/** Bitbucket tells about teams and repositories only when asked for them. */
function withRestrictions({ bitbucketConfig: { team, repository } }: StructuredProvider, scope: string): string {
  const withTeam = team === "" || scope.includes("team") ? scope : `${scope} team`;
  return repository === "" || withTeam.includes("repository") ? withTeam : `${withTeam} repository`;
}
