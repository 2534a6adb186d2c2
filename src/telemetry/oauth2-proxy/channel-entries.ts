/** What a line of the log says about the request that it belongs to. Values come from the client: they are escaped when written. */
export interface RequestFacts {
  /** The TCP peer, and behind it the client that a trusted peer names. */
  readonly client: string;
  readonly host: string;
  /** Such as `HTTP/1.1`. */
  readonly protocol: string;
  readonly requestId: string;
  readonly requestMethod: string;
  readonly userAgent: string;
  /** Empty or `-`: nobody. */
  readonly username: string;
}

/** Somebody signed in, or tried to. */
export interface AuthEntry extends RequestFacts {
  readonly status: "AuthSuccess" | "AuthFailure" | "AuthError";
  readonly message: string;
}

/** A request that was answered. */
export interface RequestEntry extends RequestFacts {
  /** Path and query as sent. */
  readonly requestUri: string;
  readonly durationSeconds: number;
  readonly status: number;
  /** Bytes of the body. */
  readonly size: number;
  /** Absent or empty: it was not sent on. */
  readonly upstream?: string;
}

/** Structurally the configuration's `OAuth2ProxyLogging`. */
export interface ChannelsConfiguration {
  readonly standard: ChannelConfiguration;
  readonly auth: ChannelConfiguration;
  /** `excludedPaths`: exact paths, without a query. */
  readonly request: ChannelConfiguration & { readonly excludedPaths: readonly string[] };
  readonly errorsToInfoLog: boolean;
  readonly localTime: boolean;
  readonly file?: LogFileConfiguration;
}

export interface ChannelConfiguration {
  readonly enabled: boolean;
  readonly format: string;
}

export interface LogFileConfiguration {
  readonly path: string;
  /** 0 = 100. */
  readonly maxMegabytes: number;
  /** Of old files; 0 = for ever. */
  readonly maxAgeDays: number;
  /** Old files that are kept; 0 = all. */
  readonly maxBackups: number;
  /** Old files are compressed with gzip. */
  readonly compress: boolean;
}
