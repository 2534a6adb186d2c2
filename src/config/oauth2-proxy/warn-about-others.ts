import type { OptionName } from "./options.ts";
import { warningAt } from "./raw-setting.ts";
import type { Resolving } from "./resolving.ts";

/**
 * Warn about what is said of another provider than the chosen one. As in the original it has no effect, and most of it is a gate:
 * its writer believes that only some people may enter.
 */
export function warnAboutOthers({ settings, problems }: Resolving): void {
  const provider = settings.text("provider");
  for (const { option, place } of settings.changed()) {
    const owners = OWNERS.find(([start]) => option.flag.startsWith(start))?.[1];
    if (owners === undefined || owners.includes(provider)) continue;
    const message = `has no effect with --provider=${provider}: it is for ${owners.join(" and ")} only.`;
    const remedy = GATES.has(option.flag) ? "Nobody is kept out by it. See --allowed-group." : "Remove it.";
    problems.push(warningAt(place, message, remedy));
  }
}

/** How options begin that only some providers look at. */
const OWNERS: readonly (readonly [string, readonly string[]])[] = [
  ["allowed-role", ["keycloak-oidc"]],
  ["azure-", ["azure"]],
  ["bitbucket-", ["bitbucket"]],
  ["entra-id-", ["entra-id"]],
  ["github-", ["github"]],
  ["gitlab-", ["gitlab"]],
  ["google-", ["google"]],
  ["jwt-key", ["login.gov"]],
  ["keycloak-group", ["keycloak", "keycloak-oidc"]],
  ["pubjwk-url", ["login.gov"]],
];

const GATES: ReadonlySet<string> = new Set<OptionName>([
  "allowed-role",
  "bitbucket-team",
  "bitbucket-repository",
  "entra-id-allowed-tenant",
  "github-org",
  "github-team",
  "github-repo",
  "github-user",
  "gitlab-group",
  "gitlab-project",
  "google-group",
  "keycloak-group",
]);
