import type { Secret } from "../protocol/secret.ts";

export interface ProviderConfiguration {
  /** `iss`. */
  readonly issuer: string;
  readonly clients: readonly ClientConfiguration[];
  readonly skipApproval: boolean;
  readonly alwaysShowLoginScreen: boolean;
  /** Tokens and codes. */
  readonly idTokenSeconds: number;
  readonly authRequestSeconds: number;
  readonly refresh: RefreshPolicy;
  readonly signing: SigningConfiguration;
  readonly pkce: { readonly methods: readonly ("S256" | "plain")[]; readonly enforce: boolean };
  /** Users sign in with the shared browser session (native) instead of at every authorization request (dex). */
  readonly sharedSession: boolean;
  /** What discovery lists and `/token` answers, sorted; `implicit` is only listed. */
  readonly grantTypes: readonly string[];
  /** What discovery lists, sorted; a request may combine the words of all of them. */
  readonly responseTypes: readonly string[];
  readonly deviceRequestSeconds: number;
  /** Id of the connector of the password grant; empty = none. */
  readonly passwordConnector: string;
  /** Which grants may use a connector, by its id; absent = all. */
  readonly connectorGrantTypes: Readonly<Record<string, readonly string[]>>;
  /** Whose scripts may ask; no origins = nobody's. */
  readonly cors: CorsConfiguration;
  /** Added to every answer of the provider. */
  readonly headers: Readonly<Record<string, string>>;
  /** The start fails when a configured connector cannot be opened. Absent = it is tried again when somebody uses it. */
  readonly requireConnectors?: true;
  /** Own pages in dex's web folder; absent = ours. */
  readonly frontend?: FrontendConfiguration;
}

/** Who has the keys that tokens are signed with. */
export type SigningConfiguration =
  | { readonly type: "local"; readonly algorithm: "RS256" | "ES256"; readonly rotationSeconds: number }
  | VaultConfiguration;

/** A key of the transit engine of Vault or OpenBao, mounted at `transit/`. Vault says its algorithm, and rotates it. */
export interface VaultConfiguration {
  readonly type: "vault";
  /** http or https, without user, query and fragment. */
  readonly address: string;
  /** Empty: something on the way, as Vault's agent, adds its own. */
  readonly token: Secret;
  readonly keyName: string;
}

/** Cross-origin requests to discovery, keys, token, userinfo and introspection. */
export interface CorsConfiguration {
  /** Exact origins, or `*`. */
  readonly origins: readonly string[];
  /** Request headers besides the simple ones. */
  readonly headers: readonly string[];
}

/** dex's web folder: `templates/`, `themes/`, `static/` (its reference §11). */
export interface FrontendConfiguration {
  readonly directory: string;
  readonly theme: string;
  /** What templates show as the issuer's name. */
  readonly issuer: string;
  readonly logoUrl: string;
  readonly extra: Readonly<Record<string, string>>;
}

export interface RefreshPolicy {
  readonly rotate: boolean;
  /** How long the previous token of a rotation is still answered (with the current one). */
  readonly reuseIntervalSeconds: number;
  /** From creation; 0 = unlimited. */
  readonly absoluteLifetimeSeconds: number;
  /** From last use; 0 = unlimited. */
  readonly idleLifetimeSeconds: number;
}

export interface ClientConfiguration {
  readonly id: string;
  readonly name: string;
  /** Empty for a public client. */
  readonly secret: Secret;
  readonly public: boolean;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly trustedPeers: readonly string[];
  /** Empty = all. */
  readonly allowedConnectors: readonly string[];
  readonly logoUrl: string;
  /** Claim `groups` of the client itself, in the client credentials grant. */
  readonly groups: readonly string[];
}
