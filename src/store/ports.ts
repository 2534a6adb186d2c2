import type {
  AuthCode,
  AuthRequest,
  Client,
  DeviceRequest,
  DeviceToken,
  OfflineSession,
  Owner,
  Password,
  PersonalClaims,
  RedeemedCode,
  RefreshToken,
  RevokedToken,
  SigningKeys,
  StoredConnector,
} from "../provider/storage-model.ts";

/**
 * A kept set of objects under string keys, with compare-and-swap in the port itself: no caller ever
 * holds a transaction, so no store call can be made from inside another's.
 *
 * Every method throws {@link StoreError} `unreachable` when the store cannot answer.
 */
export interface Collection<T> {
  find(key: string): Promise<T | undefined>;
  list(): Promise<readonly T[]>;
  /** @throws {StoreError} `conflict` when the key is taken, `refused` when the store cannot hold the value. */
  create(value: T): Promise<void>;
  /**
   * Compare-and-swap: store `next` if what is stored is still exactly `current` (the same key in both).
   * @returns false when it has changed or is gone; then nothing was written.
   * @throws {StoreError} `refused` when the store cannot hold the value.
   */
  replace(current: T, next: T): Promise<boolean>;
  /**
   * Compare-and-delete.
   * @returns true for exactly one caller; false when it has changed or is gone.
   */
  remove(current: T): Promise<boolean>;
}

/** One value for all replicas, e.g. the signing keys. */
export interface Singleton<T> {
  find(): Promise<T | undefined>;
  /** Store `next` if what is stored is still exactly `current` (undefined: nothing). */
  replace(current: T | undefined, next: T): Promise<boolean>;
}

export interface ProviderStore {
  readonly clients: Collection<Client>;
  readonly authRequests: Collection<AuthRequest>;
  readonly authCodes: Collection<AuthCode>;
  readonly refreshTokens: Collection<RefreshToken>;
  /** Key: {@link offlineSessionKey}. */
  readonly offlineSessions: Collection<OfflineSession>;
  /** Key: lower-case e-mail address. */
  readonly passwords: Collection<Password>;
  readonly connectors: Collection<StoredConnector>;
  /** Key: the user code. */
  readonly deviceRequests: Collection<DeviceRequest>;
  /** Key: the device code. */
  readonly deviceTokens: Collection<DeviceToken>;
  /** Key: {@link offlineSessionKey}. */
  readonly personalClaims: Collection<PersonalClaims>;
  readonly keys: Singleton<SigningKeys>;
  readonly redeemedCodes: Collection<RedeemedCode>;
  readonly revokedTokens: Collection<RevokedToken>;
}

/** A signed-in browser, as stored. Key: `id`. */
export interface SessionRecord {
  /** Public identifier, safe to list and log. */
  readonly id: string;
  /** SHA-256 of the secret half of the cookie, base64url. */
  readonly secretHash: string;
  readonly connectorId: string;
  readonly userId: string;
  readonly username: string;
  readonly preferredUsername: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly groups: readonly string[];
  /** Upstream tokens and connector data, sealed with the key ring; empty when there are none. */
  readonly sealedTokens: string;
  /** When the upstream's tokens end, seconds since the epoch; 0 when not known. */
  readonly tokensExpireAt: number;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** When the identity was last confirmed by the upstream. */
  readonly refreshedAt: number;
  /** Absolute end. */
  readonly expiresAt: number;
}

/** Short-lived mutual exclusion across replicas. */
export interface Leases {
  /** @returns true when `holder` now has the lease until now + ttlSeconds; false while another holder has it. */
  acquire(name: string, holder: string, ttlSeconds: number): Promise<boolean>;
  release(name: string, holder: string): Promise<void>;
}

export interface SessionStore {
  readonly sessions: Collection<SessionRecord>;
  readonly leases: Leases;
}

/** A whole store: everything both rooms keep. */
export interface Store extends ProviderStore, SessionStore {
  /** Delete what ended before `now` (seconds since the epoch). At most `limit` objects of each kind. */
  removeExpired(now: number, limit: number): Promise<number>;
  /** @throws {StoreError} `unreachable` when the store cannot answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The key of what is stored of a person. The separator cannot occur in a connector id. */
export function offlineSessionKey({ connectorId, userId }: Owner): string {
  return `${connectorId}\n${userId}`;
}
