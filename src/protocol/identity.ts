/** Who the upstream identity provider says somebody is. Empty strings stand for "not told". */
export interface Identity {
  /** The upstream's stable identifier, unique within its connector. Never empty. */
  readonly userId: string;
  /** Display name (the `name` claim). */
  readonly username: string;
  readonly preferredUsername: string;
  readonly email: string;
  /** False unless the upstream vouches for the address. */
  readonly emailVerified: boolean;
  readonly groups: readonly string[];
  /** More claims that a connector was configured to keep, as they came in JSON. Absent = none. */
  readonly additionalClaims?: Readonly<Record<string, unknown>>;
}

/** What an upstream identity provider handed out at a login or refresh. */
export interface UpstreamTokens {
  readonly accessToken?: string;
  readonly refreshToken?: string;
  readonly idToken?: string;
  /** When the access token ends, seconds since the epoch; absent when the upstream did not say. */
  readonly expiresAt?: number;
}

/** A finished upstream login: the identity, and what is needed to renew it without the browser. */
export interface Login {
  readonly identity: Identity;
  readonly tokens: UpstreamTokens;
  /** The connector's own opaque data for a later refresh, in the format that the provider stores beside its refresh tokens. */
  readonly connectorData?: Uint8Array;
  /** The secret whose hash was the login's nonce, for a session format that keeps it (oauth2-proxy's). */
  readonly nonceSecret?: Uint8Array;
}
