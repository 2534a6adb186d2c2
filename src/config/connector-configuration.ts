import type { Secret } from "../protocol/secret.ts";
import type { FederatedConnectorConfiguration } from "./dex-connector-configuration.ts";

export type ConnectorConfiguration =
  | LocalConnectorConfiguration
  | FederatedConnectorConfiguration
  | OidcConnectorConfiguration
  | AdfsConnectorConfiguration
  | AzureConnectorConfiguration
  | CidaasConnectorConfiguration
  | EntraIdConnectorConfiguration
  | GitlabConnectorConfiguration
  | KeycloakOidcConnectorConfiguration
  | PlainOAuth2ConnectorConfiguration
  | BitbucketConnectorConfiguration
  | GithubConnectorConfiguration
  | GoogleConnectorConfiguration
  | LoginGovConnectorConfiguration;

/** Local users. In the dex dialect the users also live in the storage's password table. */
export interface LocalConnectorConfiguration {
  readonly type: "local";
  readonly id: string;
  readonly name: string;
  /** Label of the user-name field. */
  readonly prompt: string;
  readonly users: readonly LocalUser[];
}

export interface LocalUser {
  readonly email: string;
  /** `$2a$`/`$2b$`/`$2y$` (bcrypt) or `$argon2id$`. */
  readonly passwordHash: string;
  /** Stable identifier; default: the e-mail address in lower case. */
  readonly userId: string;
  /** Display name. */
  readonly name: string;
  readonly preferredUsername: string;
  readonly emailVerified: boolean;
  readonly groups: readonly string[];
}

/** What every connector that redirects the browser is configured with. */
interface RedirectConnectorConfiguration {
  readonly id: string;
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Final: the front end has filled in its dialect's defaults. */
  readonly scopes: readonly string[];
  /** Whose certificates an upstream may show. Absent = the system's. */
  readonly trust?: UpstreamTrust;
}

/** TLS towards an upstream. */
export interface UpstreamTrust {
  /** PEM texts. */
  readonly authorities: readonly string[];
  /** Believe the system's authorities besides. */
  readonly useSystemTrustStore: boolean;
  /** Believe any certificate. */
  readonly insecureSkipVerify: boolean;
}

export interface OidcConnectorConfiguration extends OidcOptions {
  readonly type: "oidc";
}

/** An OpenID Connect upstream; what the vendors' own connectors build on. What is optional defaults to what a careful client does. */
export interface OidcOptions extends RedirectConnectorConfiguration {
  /** Empty only without discovery. */
  readonly issuer: string;
  /** `auto`: basic unless discovery offers only post, and the other one when that is refused. */
  readonly clientAuthentication: "auto" | "basic" | "post";
  /** Claim with the groups; dots descend into objects, a literal name wins. */
  readonly groupsClaim: string;
  readonly emailClaim: string;
  /** Accept an address the upstream does not vouch for. */
  readonly allowUnverifiedEmail: boolean;
  /** PKCE towards the upstream; absent = none. */
  readonly pkce?: "S256" | "plain";
  /** Send and check a nonce. */
  readonly nonce: boolean;
  /** More parameters of the authorization request, such as `prompt` or `acr_values`. */
  readonly authorizationParameters: Readonly<Record<string, string>>;
  /** How claims become an identity. Default `openid`. `oauth2-proxy`: as that program reads them (its reference §4.6), sessions included. */
  readonly claimRules?: "openid" | "oauth2-proxy";
  /** Read the metadata from the issuer. Default true. */
  readonly discovery?: boolean;
  /** Without discovery: all that is needed; with it, only `validate` is taken. Empty = none. */
  readonly endpoints?: OidcEndpoints;
  /** PEM texts of the only keys that are believed; empty = the upstream's published ones. */
  readonly publicKeys?: readonly string[];
  /** Accept tokens of another issuer. Default false. */
  readonly skipIssuerVerification?: boolean;
  /** The first of these claims that a token has must name us. Default `aud`. */
  readonly audienceClaims?: readonly string[];
  /** Accepted in the audience besides the client id. */
  readonly extraAudiences?: readonly string[];
  /** Empty or absent = what discovery lists, else RS256. */
  readonly signingAlgorithms?: readonly string[];
  /** Never ask the userinfo endpoint. Default false. */
  readonly skipUserinfo?: boolean;
  /** Kept in the identity beside the usual ones. */
  readonly additionalClaims?: readonly string[];
}

export interface OidcEndpoints {
  readonly authorization: string;
  readonly token: string;
  readonly userinfo: string;
  readonly jwks: string;
  /** Asked with the access token whether a session is still good. */
  readonly validate: string;
}

/** AD FS: the address may come as `upn`. */
export interface AdfsConnectorConfiguration extends OidcOptions {
  readonly type: "adfs";
  /** Do not put the resource before each scope. */
  readonly skipScope: boolean;
  readonly resource: string;
}

/** Azure AD, by its v1 endpoints, or v2 when the issuer ends in `/v2.0`. */
export interface AzureConnectorConfiguration extends OidcOptions {
  readonly type: "azure";
  readonly tenant: string;
  /** Which field of a Graph group names it: `id` or `displayName`. */
  readonly graphGroupField: string;
  readonly resource: string;
}

export interface CidaasConnectorConfiguration extends OidcOptions {
  readonly type: "cidaas";
}

export interface EntraIdConnectorConfiguration extends OidcOptions {
  readonly type: "entra-id";
  /** Empty = any. */
  readonly allowedTenants: readonly string[];
  /** Authenticate with the workload identity's token file (`AZURE_FEDERATED_TOKEN_FILE`) instead of a secret. */
  readonly federatedTokenAuth: boolean;
}

export interface GitlabConnectorConfiguration extends OidcOptions {
  readonly type: "gitlab";
  /** Their members are given `project:<path>` as a group. */
  readonly projects: readonly { readonly path: string; readonly accessLevel: number }[];
}

/** Keycloak by OpenID Connect: roles of the access token are groups too, as `role:<realm role>` and `role:<client>:<role>`. */
export interface KeycloakOidcConnectorConfiguration extends OidcOptions {
  readonly type: "keycloak-oidc";
}

/** What connectors share whose upstream speaks OAuth 2.0 and has an API of its own for who somebody is. */
export interface OAuth2Options extends RedirectConnectorConfiguration {
  /** Empty = the vendor's own. */
  readonly endpoints: {
    readonly authorization: string;
    readonly token: string;
    /** Who somebody is. */
    readonly profile: string;
    /** Asked with the access token whether a session is still good. */
    readonly validate: string;
  };
  readonly pkce?: "S256" | "plain";
  /** Let somebody in whose address the vendor says is not verified. Default false. */
  readonly allowUnverifiedEmail?: boolean;
}

/** Vendors without options of their own. */
export interface PlainOAuth2ConnectorConfiguration extends OAuth2Options {
  readonly type: "digitalocean" | "facebook" | "keycloak" | "linkedin" | "nextcloud" | "sourcehut";
}

export interface BitbucketConnectorConfiguration extends OAuth2Options {
  readonly type: "bitbucket";
  /** Empty = anybody. */
  readonly team: string;
  readonly repository: string;
}

/** GitHub, GitHub Enterprise, Gitea and Forgejo. */
export interface GithubConnectorConfiguration extends OAuth2Options {
  readonly type: "github";
  /** Empty = not asked for. */
  readonly organization: string;
  /** Slugs, `org:team` where no organization is given; empty = any team. */
  readonly teams: readonly string[];
  /** `owner/name`: whoever may push to it, or pull when it is private. */
  readonly repository: string;
  /** Asks about collaborators of the repository instead of the person's own token. */
  readonly repositoryToken: Secret;
  /** Logins that may enter whatever else is asked for. */
  readonly users: readonly string[];
}

export interface GoogleConnectorConfiguration extends OAuth2Options {
  readonly type: "google";
  /** Groups to ask about; empty = all that the person is in. Asked only with an administrator and an account to ask as. */
  readonly groups: readonly string[];
  readonly adminEmail: string;
  /** Path of the service account's JSON key. */
  readonly serviceAccountFile: string;
  readonly useApplicationDefaultCredentials: boolean;
  readonly targetPrincipal: string;
  /** Keep the organisation's id as preferred user name. */
  readonly useOrganizationId: boolean;
  readonly adminApiUserScope: string;
}

export interface LoginGovConnectorConfiguration extends OAuth2Options {
  readonly type: "login.gov";
  /** PEM text: signs the client assertion. */
  readonly privateKey: Secret;
  /** The upstream's JWKS; empty = login.gov's own. */
  readonly keysUrl: string;
}
