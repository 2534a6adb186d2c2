import type { Secret } from "../protocol/secret.ts";
import type { UpstreamTrust } from "./connector-configuration.ts";
import type {
  BitbucketCloudUpstream,
  GiteaUpstream,
  GithubUpstream,
  GitlabUpstream,
  GoogleUpstream,
  LinkedinUpstream,
  MicrosoftUpstream,
  OAuthClientOptions,
  OpenshiftUpstream,
} from "./dex-vendor-configuration.ts";

/**
 * The upstream identity providers that dex knows, each with dex's options (its reference §8) after defaults, environment and
 * files: what is derived from an upstream's answers is exactly what dex derives. Empty strings stand for "not set".
 */
export interface FederatedConnectorConfiguration {
  readonly type: "federated";
  readonly id: string;
  readonly name: string;
  readonly upstream: FederatedUpstream;
}

export type FederatedUpstream =
  | MockCallbackUpstream
  | MockPasswordUpstream
  | OidcUpstream
  | OAuthUpstream
  | LdapUpstream
  | SamlUpstream
  | GithubUpstream
  | GitlabUpstream
  | GiteaUpstream
  | GoogleUpstream
  | MicrosoftUpstream
  | LinkedinUpstream
  | BitbucketCloudUpstream
  | OpenshiftUpstream
  | AtlassianCrowdUpstream
  | KeystoneUpstream
  | AuthproxyUpstream;

/** Always the same person. */
export interface MockCallbackUpstream {
  readonly type: "mockCallback";
}

/** One user name and password. */
export interface MockPasswordUpstream {
  readonly type: "mockPassword";
  readonly username: string;
  readonly password: Secret;
}

export interface OidcUpstream extends OAuthClientOptions {
  readonly type: "oidc";
  readonly issuer: string;
  /** Expected `iss` where it differs from `issuer`. */
  readonly issuerAlias: string;
  /** Instead of the discovered ones; empty = the discovered one. */
  readonly endpoints: {
    readonly token: string;
    readonly authorization: string;
    readonly jwks: string;
    readonly userinfo: string;
    readonly endSession: string;
  };
  /** Credentials in the body only. Absent = found out. */
  readonly basicAuthUnsupported?: boolean;
  /** Without `openid`, which is always asked for first. */
  readonly scopes: readonly string[];
  readonly trust?: UpstreamTrust;
  readonly insecureSkipEmailVerified: boolean;
  readonly insecureEnableGroups: boolean;
  readonly allowedGroups: readonly string[];
  readonly acrValues: readonly string[];
  readonly getUserInfo: boolean;
  readonly userIdKey: string;
  readonly userNameKey: string;
  /** Sent with `offline_access` only, also when empty. */
  readonly promptType: string;
  /** Absent = by discovery, S256 first. */
  readonly pkceChallenge?: "S256" | "plain";
  readonly overrideClaimMapping: boolean;
  readonly claimMapping: {
    readonly preferredUsername: string;
    readonly email: string;
    readonly groups: string;
  };
  readonly claimModifications: {
    readonly newGroupFromClaims: readonly NewGroupFromClaims[];
    /** RE2; checked by the front end. Empty = all. */
    readonly groupsFilter: string;
    readonly prefix: string;
    readonly suffix: string;
  };
  /** Audiences of subject tokens that token exchange accepts besides the client id; `*` = any. */
  readonly tokenExchangeAudiences: readonly string[];
}

export interface NewGroupFromClaims {
  readonly claims: readonly string[];
  readonly delimiter: string;
  readonly clearDelimiter: boolean;
  readonly prefix: string;
}

/** Any OAuth 2.0 server with a userinfo endpoint. */
export interface OAuthUpstream extends OAuthClientOptions {
  readonly type: "oauth";
  readonly tokenUrl: string;
  readonly authorizationUrl: string;
  readonly userinfoUrl: string;
  readonly scopes: readonly string[];
  readonly trust?: UpstreamTrust;
  readonly userIdKey: string;
  readonly claimMapping: {
    readonly username: string;
    readonly preferredUsername: string;
    readonly groups: string;
    readonly email: string;
    readonly emailVerified: string;
  };
}

export interface LdapUpstream {
  readonly type: "ldap";
  /** Host, without port and brackets. */
  readonly host: string;
  readonly port: number;
  readonly security: "none" | "starttls" | "tls";
  readonly insecureSkipVerify: boolean;
  /** PEM text; empty = the system's. */
  readonly rootCa: string;
  /** PEM texts; both empty = none. */
  readonly clientCertificate: string;
  readonly clientKey: Secret;
  /** Empty = anonymous. */
  readonly bindDn: string;
  readonly bindPassword: Secret;
  readonly usernamePrompt: string;
  readonly userSearch: {
    readonly baseDn: string;
    readonly filter: string;
    /** Attributes that the user name is looked for in; any one is enough. */
    readonly username: readonly string[];
    readonly scope: "sub" | "one";
    /** `DN` = the entry's name. */
    readonly idAttr: string;
    readonly emailAttr: string;
    readonly nameAttr: string;
    readonly preferredUsernameAttr: string;
    readonly emailSuffix: string;
  };
  readonly groupSearch: {
    /** Empty = no groups. */
    readonly baseDn: string;
    readonly filter: string;
    readonly scope: "sub" | "one";
    readonly nameAttr: string;
    readonly userMatchers: readonly LdapUserMatcher[];
  };
}

export interface LdapUserMatcher {
  readonly userAttr: string;
  readonly groupAttr: string;
  /** Empty = groups of groups are not followed. */
  readonly recursionGroupAttr: string;
}

export interface SamlUpstream {
  readonly type: "saml";
  readonly ssoUrl: string;
  readonly ssoIssuer: string;
  readonly entityIssuer: string;
  readonly redirectUri: string;
  /** PEM certificates that may sign; empty only with `insecureSkipSignatureValidation`. */
  readonly certificates: string;
  readonly insecureSkipSignatureValidation: boolean;
  readonly usernameAttr: string;
  readonly emailAttr: string;
  readonly groupsAttr: string;
  readonly groupsDelimiter: string;
  readonly allowedGroups: readonly string[];
  readonly filterGroups: boolean;
  /** A whole URN. */
  readonly nameIdPolicyFormat: string;
}

export interface AtlassianCrowdUpstream {
  readonly type: "atlassian-crowd";
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly groups: readonly string[];
  /** `key`, `name` or `email`; empty = none. */
  readonly preferredUsernameField: string;
  readonly usernamePrompt: string;
}

export interface KeystoneUpstream {
  readonly type: "keystone";
  readonly domain: string;
  readonly host: string;
  readonly username: string;
  readonly password: Secret;
}

/** A proxy in front of us has authenticated the user and says so in headers. */
export interface AuthproxyUpstream {
  readonly type: "authproxy";
  readonly userIdHeader: string;
  readonly userHeader: string;
  readonly userNameHeader: string;
  readonly emailHeader: string;
  readonly groupHeader: string;
  readonly groupHeaderSeparator: string;
  /** Groups of everybody. */
  readonly staticGroups: readonly string[];
}
