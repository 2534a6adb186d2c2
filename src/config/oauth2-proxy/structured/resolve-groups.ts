import type { GitlabConnectorConfiguration } from "../../connector-configuration.ts";
import type { StructuredProvider } from "../structured-options.ts";
import { refuse, type StructuredResolving, warn } from "./structured-resolving.ts";

/**
 * The groups of which one is needed to enter; empty = none is.
 *
 * Some providers have an option of their own and do not look at the general one. Where the original would thereby let
 * everybody in who was to be kept out, the overlooked one counts here.
 */
export function resolveGroups(resolving: StructuredResolving, provider: StructuredProvider): readonly string[] {
  const { honoured, overlooked } = groupOptions(provider);
  const groups = distinct(honoured);
  const other = distinct(overlooked.groups);
  if (other.length === 0) {
    if (groups.length === 0 && honoured.length > 0) warn(resolving, GENERAL, "names no group, so none is needed", NAME);
    return groups;
  }
  const kind = provider.provider;
  if (groups.length === 0) {
    warn(resolving, overlooked.path, `oauth2-proxy does not look at it for ${kind}, but here it counts`, MOVE);
    return other;
  }
  warn(resolving, overlooked.path, `is not looked at for ${kind}, because another option names groups`, MOVE);
  return groups;
}

const MOVE = "Name all groups in the provider's own option.";
const NAME = "Name a group, or remove it.";

interface GroupOptions {
  readonly honoured: readonly string[];
  readonly overlooked: { readonly path: string; readonly groups: readonly string[] };
}

const GENERAL = "providers[0].allowedGroups";

function groupOptions(provider: StructuredProvider): GroupOptions {
  const { allowedGroups, gitlabConfig, keycloakConfig, googleConfig } = provider;
  const general = { path: GENERAL, groups: allowedGroups };
  const nothing = { path: GENERAL, groups: [] };
  switch (provider.provider) {
    case "gitlab": {
      const projects = gitlabConfig.projects.map((project) => `project:${project.split("=")[0] ?? ""}`);
      return { honoured: [...gitlabConfig.group, ...projects], overlooked: general };
    }
    case "keycloak":
      return { honoured: keycloakConfig.groups, overlooked: general };
    case "keycloak-oidc": {
      const roles = keycloakConfig.roles.map((role) => `role:${role}`);
      const path = "providers[0].keycloakConfig.groups";
      return { honoured: [...allowedGroups, ...roles], overlooked: { path, groups: keycloakConfig.groups } };
    }
    case "google":
      return googleConfig.group.length === 0
        ? { honoured: allowedGroups, overlooked: nothing }
        : { honoured: googleConfig.group, overlooked: general };
    default:
      return { honoured: allowedGroups, overlooked: nothing };
  }
}

const distinct = (groups: readonly string[]): readonly string[] => [...new Set(groups)].filter((group) => group !== "");

/** GitLab's numbers for guest, reporter, developer and maintainer. */
const ACCESS_LEVELS: readonly number[] = [10, 20, 30, 40];
const REPORTER = 20;

/** `group/project`, or `group/project=30`. */
export function resolveProjects(
  resolving: StructuredResolving,
  { gitlabConfig }: StructuredProvider,
): GitlabConnectorConfiguration["projects"] {
  return gitlabConfig.projects.map((project, index) => {
    const equals = project.indexOf("=");
    if (equals === -1) return { path: project, accessLevel: REPORTER };
    const path = project.slice(0, equals);
    const accessLevel = Number(project.slice(equals + 1));
    if (!ACCESS_LEVELS.includes(accessLevel)) {
      const message = `could not configure allowed projects: invalid gitlab project access level specified (${path})`;
      const place = `providers[0].gitlabConfig.projects[${index}]`;
      refuse(resolving, place, message, "Write 10, 20, 30 or 40: guest, reporter, developer, maintainer.");
    }
    return { path, accessLevel };
  });
}
