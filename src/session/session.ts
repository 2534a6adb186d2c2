import type { Identity, Login, UpstreamTokens } from "../protocol/identity.ts";

/** A signed-in browser. Times are seconds since the epoch. */
export interface Session {
  /** Safe to show and log; not what the cookie holds. */
  readonly id: string;
  readonly connectorId: string;
  readonly identity: Identity;
  readonly tokens: UpstreamTokens;
  readonly connectorData?: Uint8Array;
  readonly nonceSecret?: Uint8Array;
  /** When the person signed in. */
  readonly createdAt: number;
  /** When the upstream last confirmed the identity. */
  readonly refreshedAt: number;
  /** Absolute end; 0 = none. */
  readonly expiresAt: number;
}

/** What loading a session found. */
export interface LoadedSession {
  /** Absent: nobody is signed in. */
  readonly session?: Session;
  /** `Set-Cookie` values to send along, such as the deletion of a cookie that no longer opens. Usually empty. */
  readonly setCookies: readonly string[];
}

/** How sessions are kept. One implementation keeps records in a store, another keeps everything in oauth2-proxy's cookies. */
export interface SessionKeeper {
  /**
   * The session of a request: cookie → cache → store → open, is it live? Refreshes the identity upstream when due.
   * Synchronous when the cache answers.
   * @throws {StoreError} `unreachable`: the caller answers 503, nobody is logged out.
   */
  load(request: Request): LoadedSession | Promise<LoadedSession>;
  /** Begin a session under a fresh id; a session that the request brought ends. @returns `Set-Cookie` values. */
  begin(request: Request, connectorId: string, login: Login): Promise<readonly string[]>;
  /** End the request's session. @returns `Set-Cookie` values that clear its cookies. */
  end(request: Request): Promise<readonly string[]>;
  /** Called when a session ended in this process, to close what hangs on it (WebSockets). @returns stop listening. */
  onEnd(sessionId: string, listener: () => void): () => void;
  /**
   * Can sessions be loaded now? Absent = always.
   * @throws {StoreError} `unreachable`.
   */
  ping?(): Promise<void>;
  /** Let go of connections. */
  close?(): void;
}
