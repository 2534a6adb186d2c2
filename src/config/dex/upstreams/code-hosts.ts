import type {
  BitbucketCloudUpstream,
  GiteaUpstream,
  GithubUpstream,
  GitlabUpstream,
  OrganisationRule,
} from "../../dex-vendor-configuration.ts";
import { type ConfigObject, isTrueAt, listAt, objectsAt, textAt } from "../config-object.ts";
import { addressAt, type Opening, oauthClient, refuse, wordAt } from "./opening.ts";
import { countCertificates, trustOf } from "./pem.ts";

export function resolveGithub(opening: Opening): GithubUpstream {
  const { config } = opening;
  refuseGithubMistakes(opening);
  const trust = trustOf(opening, { authorities: "rootCA" }, [textAt(config, "rootCA")]);
  return {
    type: "github",
    ...oauthClient(opening),
    org: textAt(config, "org"),
    orgs: organisations(config),
    hostName: textAt(config, "hostName"),
    ...(trust === undefined ? {} : { trust }),
    teamNameField: wordAt(
      opening,
      "teamNameField",
      ["name", "slug", "both"],
      (text) => `invalid connector config: unsupported team name field value \`${text}\``,
    ),
    loadAllGroups: isTrueAt(config, "loadAllGroups"),
    useLoginAsId: isTrueAt(config, "useLoginAsID"),
    preferredEmailDomain: textAt(config, "preferredEmailDomain"),
  };
}

function refuseGithubMistakes(opening: Opening): void {
  const { config } = opening;
  if (textAt(config, "org") !== "" && objectsAt(config, "orgs").length > 0) {
    refuse(opening, "org", "github: cannot use both 'org' and 'orgs' fields simultaneously", "Keep orgs.");
  }
  if (textAt(config, "hostName").includes("/")) {
    refuse(opening, "hostName", "invalid hostname: hostname cannot contain `/`", "Write the host only.");
  }
  if (textAt(config, "rootCA") !== "" && textAt(config, "hostName") === "") {
    const message = "invalid connector config: Host name field required for a root certificate file";
    refuse(opening, "rootCA", message, "Set hostName.");
  }
  if (textAt(config, "preferredEmailDomain").endsWith("*")) {
    const message = 'invalid PreferredEmailDomain: glob pattern cannot end with "*"';
    refuse(opening, "preferredEmailDomain", message, "Write a domain, such as *.example.com.");
  }
}

const organisations = (config: ConfigObject): readonly OrganisationRule[] =>
  objectsAt(config, "orgs").map((org) => ({ name: textAt(org, "name"), teams: listAt(org, "teams") }));

export function resolveGitlab(opening: Opening): GitlabUpstream {
  const { config } = opening;
  const authority = textAt(config, "rootCAData");
  if (authority !== "" && countCertificates(authority) === 0) {
    refuse(opening, "rootCAData", "gitlab: invalid rootCAData", "Write PEM certificates in base64.");
  }
  return {
    type: "gitlab",
    ...oauthClient(opening),
    baseUrl: addressAt(opening, "baseURL", "https://gitlab.com"),
    groups: listAt(config, "groups"),
    useLoginAsId: isTrueAt(config, "useLoginAsID"),
    getGroupsPermission: isTrueAt(config, "getGroupsPermission"),
    inheritedGroups: isTrueAt(config, "inheritedGroups"),
    ...(authority === ""
      ? {}
      : { trust: { authorities: [authority], useSystemTrustStore: true, insecureSkipVerify: false } }),
  };
}

export function resolveGitea(opening: Opening): GiteaUpstream {
  const { config } = opening;
  return {
    type: "gitea",
    ...oauthClient(opening),
    baseUrl: addressAt(opening, "baseURL", "https://gitea.com"),
    orgs: organisations(config),
    loadAllGroups: isTrueAt(config, "loadAllGroups"),
    useLoginAsId: isTrueAt(config, "useLoginAsID"),
  };
}

export function resolveBitbucketCloud(opening: Opening): BitbucketCloudUpstream {
  const { config } = opening;
  return {
    type: "bitbucket-cloud",
    ...oauthClient(opening),
    teams: listAt(config, "teams"),
    getWorkspacePermissions: isTrueAt(config, "getWorkspacePermissions"),
  };
}
