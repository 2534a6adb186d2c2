import type { Secret } from "../protocol/secret.ts";
import type { UpstreamTrust } from "./connector-configuration.ts";

/** What an OAuth 2.0 client needs. */
export interface OAuthClientOptions {
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** The callback as registered there; checked against ours at login. */
  readonly redirectUri: string;
}

export interface OrganisationRule {
  readonly name: string;
  /** Empty = any member. */
  readonly teams: readonly string[];
}

export interface GithubUpstream extends OAuthClientOptions {
  readonly type: "github";
  /** The legacy single organisation. */
  readonly org: string;
  readonly orgs: readonly OrganisationRule[];
  /** An enterprise server; empty = github.com. */
  readonly hostName: string;
  readonly trust?: UpstreamTrust;
  readonly teamNameField: "name" | "slug" | "both";
  readonly loadAllGroups: boolean;
  readonly useLoginAsId: boolean;
  readonly preferredEmailDomain: string;
}

export interface GitlabUpstream extends OAuthClientOptions {
  readonly type: "gitlab";
  readonly baseUrl: string;
  readonly groups: readonly string[];
  readonly useLoginAsId: boolean;
  readonly getGroupsPermission: boolean;
  readonly inheritedGroups: boolean;
  readonly trust?: UpstreamTrust;
}

export interface GiteaUpstream extends OAuthClientOptions {
  readonly type: "gitea";
  readonly baseUrl: string;
  readonly orgs: readonly OrganisationRule[];
  readonly loadAllGroups: boolean;
  readonly useLoginAsId: boolean;
}

export interface GoogleUpstream extends OAuthClientOptions {
  readonly type: "google";
  /** Without `openid`. */
  readonly scopes: readonly string[];
  readonly hostedDomains: readonly string[];
  readonly groups: readonly string[];
  /** Path of the service account's JSON key; empty = the environment's default credentials. */
  readonly serviceAccountFile: string;
  /** Domain (or `*`) → the administrator to ask as; empty = groups are not asked for. */
  readonly domainToAdminEmail: Readonly<Record<string, string>>;
  readonly fetchTransitiveGroupMembership: boolean;
  readonly promptType: string;
}

export interface MicrosoftUpstream extends OAuthClientOptions {
  readonly type: "microsoft";
  /** Path of a federated token that stands for the secret; empty = the secret. */
  readonly clientAssertionFile: string;
  readonly tenant: string;
  readonly onlySecurityGroups: boolean;
  readonly groups: readonly string[];
  readonly groupNameFormat: "name" | "id";
  readonly useGroupsAsWhitelist: boolean;
  readonly emailToLowercase: boolean;
  readonly batchGroupLookups: boolean;
  readonly apiUrl: string;
  readonly graphUrl: string;
  readonly promptType: string;
  readonly domainHint: string;
  readonly scopes: readonly string[];
  /** `name`, `email`, `mailNickname`, `onPremisesSamAccountName`; empty = none. */
  readonly preferredUsernameField: string;
}

export interface LinkedinUpstream extends OAuthClientOptions {
  readonly type: "linkedin";
}

export interface BitbucketCloudUpstream extends OAuthClientOptions {
  readonly type: "bitbucket-cloud";
  readonly teams: readonly string[];
  readonly getWorkspacePermissions: boolean;
}

export interface OpenshiftUpstream extends OAuthClientOptions {
  readonly type: "openshift";
  readonly issuer: string;
  readonly groups: readonly string[];
  readonly trust?: UpstreamTrust;
}
