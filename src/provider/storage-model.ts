/**
 * The provider's stored objects, in the shapes (and, in SQL, the columns) that dex stores, so that
 * either program opens the other's data. All times are seconds since the epoch; 0 stands for "never".
 */

export interface Client {
  readonly id: string;
  readonly secret: string;
  readonly redirectUris: readonly string[];
  readonly trustedPeers: readonly string[];
  readonly public: boolean;
  readonly name: string;
  readonly logoUrl: string;
  readonly allowedConnectors: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
}

/** The claims of a person as dex stores them beside requests, codes and refresh tokens. */
export interface StoredClaims {
  readonly userId: string;
  readonly username: string;
  readonly preferredUsername: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly groups: readonly string[];
}

export interface Pkce {
  /** Empty when the client sent none. */
  readonly codeChallenge: string;
  /** `S256`, `plain`, or empty. */
  readonly codeChallengeMethod: string;
}

export interface AuthRequest extends Pkce {
  readonly id: string;
  readonly clientId: string;
  readonly responseTypes: readonly string[];
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly nonce: string;
  readonly state: string;
  readonly forceApprovalPrompt: boolean;
  readonly loggedIn: boolean;
  readonly claims: StoredClaims;
  readonly connectorId: string;
  readonly connectorData?: Uint8Array;
  readonly expiry: number;
  /** Key of the hop signatures of this request (dex reference §2.8), as ASCII text. */
  readonly hmacKey: string;
  readonly prompt: string;
  /** -1 when absent. */
  readonly maxAge: number;
  readonly authTime: number;
}

export interface AuthCode extends Pkce {
  readonly id: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly nonce: string;
  readonly redirectUri: string;
  readonly claims: StoredClaims;
  readonly connectorId: string;
  readonly connectorData?: Uint8Array;
  readonly expiry: number;
  readonly authTime: number;
}

export interface RefreshToken {
  readonly id: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly nonce: string;
  readonly claims: StoredClaims;
  readonly connectorId: string;
  readonly connectorData?: Uint8Array;
  /** The token half of the current refresh token string. */
  readonly token: string;
  /** The one before; empty when none. */
  readonly obsoleteToken: string;
  readonly createdAt: number;
  readonly lastUsed: number;
}

export interface RefreshTokenRef {
  readonly id: string;
  readonly clientId: string;
  readonly createdAt: number;
  readonly lastUsed: number;
}

/** Whose something is: a person, as one connector knows them. */
export interface Owner {
  readonly userId: string;
  readonly connectorId: string;
}

/** Key: {@link offlineSessionKey}. */
export interface OfflineSession extends Owner {
  /** By client id. */
  readonly refresh: Readonly<Record<string, RefreshTokenRef>>;
  readonly connectorData?: Uint8Array;
}

/** A password of the provider's own password database. Key: the e-mail address in lower case. */
export interface Password {
  readonly email: string;
  /** bcrypt, as text bytes. */
  readonly hash: string;
  readonly username: string;
  readonly name: string;
  readonly preferredUsername: string;
  readonly emailVerified?: boolean;
  readonly userId: string;
  readonly groups: readonly string[];
}

/** A device that waits for its sign-in, by what a person types (RFC 8628). Key: `userCode`, in upper case. */
export interface DeviceRequest {
  readonly userCode: string;
  readonly deviceCode: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: readonly string[];
  readonly expiry: number;
}

/** The same by what the device polls with. Key: `deviceCode`. */
export interface DeviceToken extends Pkce {
  readonly deviceCode: string;
  /** `authorization_pending` and `complete` are dex's words; `denied` is ours. */
  readonly status: string;
  /** The finished token answer, as JSON text; empty while there is none. */
  readonly token: string;
  readonly expiry: number;
  /** When it last polled; 0 = never. */
  readonly lastRequest: number;
  /** Seconds between polls. */
  readonly pollInterval: number;
}

/** A connector that was made over the API. Key: `id`. */
export interface StoredConnector {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  /** Changes with every change of the rest. */
  readonly resourceVersion: string;
  /** JSON, as in the configuration file. */
  readonly config: Uint8Array;
  /** Empty = all. */
  readonly grantTypes: readonly string[];
}

/** More claims of a person than dex has columns for, beside what it stores. Key: {@link offlineSessionKey}. */
export interface PersonalClaims extends Owner {
  /** As they came in JSON, e.g. `given_name`, `picture`, `phone_number`. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface VerificationKey {
  /** A public JWK. */
  readonly publicKey: Readonly<Record<string, unknown>>;
  readonly expiry: number;
}

/** The signing keys: one object for all replicas. */
export interface SigningKeys {
  readonly signingKey?: Readonly<Record<string, unknown>>;
  readonly signingKeyPub?: Readonly<Record<string, unknown>>;
  readonly verificationKeys: readonly VerificationKey[];
  readonly nextRotation: number;
}

/**
 * What a redeemed authorization code led to, kept until the code would have expired anyway, so that a
 * second redemption can revoke it (RFC 6749 §4.1.2).
 */
export interface RedeemedCode {
  readonly codeId: string;
  /** Empty when no refresh token was issued. */
  readonly refreshTokenId: string;
  /** `jti` of the tokens that were issued. */
  readonly tokenIds: readonly string[];
  readonly expiry: number;
}

/** A token that was revoked before it ended, kept until then (RFC 7009). Key: its `jti`. */
export interface RevokedToken {
  readonly tokenId: string;
  readonly expiry: number;
}
