import type { Secret } from "../protocol/secret.ts";
import type { UpstreamTrust } from "./connector-configuration.ts";

/** How Gatehouse behaves where it stands in for oauth2-proxy. Regular expressions are in RE2's syntax, as typed. */
export interface OAuth2ProxyConfiguration {
  /** Root of the proxy's own endpoints, such as `/oauth2`; without a trailing slash, may be empty. */
  readonly pathPrefix: string;
  readonly health: HealthConfiguration;
  /** Redirect plain requests to https; the port replaces that of a request's host. Absent = do not. */
  readonly forceHttps?: { readonly port: number };
  readonly callback: CallbackConfiguration;
  /** Are forwarding headers looked at? From whom they are believed says `Configuration.trustedProxies`. */
  readonly reverseProxy: boolean;
  /** Which header names the client's address, such as `X-Real-IP`. */
  readonly realClientIpHeader: string;
  /** Clients that pass without signing in: addresses or CIDR ranges. */
  readonly trustedIps: readonly string[];
  /** `;` separates query parameters as `&` does. */
  readonly allowQuerySemicolons: boolean;
  /** The login's `state` is base64url-encoded. */
  readonly encodeState: boolean;
  readonly csrf: CsrfConfiguration;
  readonly admission: OAuth2ProxyAdmission;
  /** Hosts that a return target may name, as typed. */
  readonly whitelistDomains: readonly string[];
  readonly htpasswd?: HtpasswdConfiguration;
  readonly skipAuth: {
    readonly rules: readonly SkipAuthRule[];
    /** Every `OPTIONS` request passes. */
    readonly preflight: boolean;
  };
  /** Matched against the request's URI with its query: 401 instead of the sign-in page. */
  readonly apiRoutes: readonly string[];
  readonly forceJsonErrors: boolean;
  /** Absent = bearer tokens are not looked at. */
  readonly bearer?: {
    /** Besides the provider itself. `audience` is a client id. */
    readonly extraIssuers: readonly { readonly issuer: string; readonly audience: string }[];
    /** TLS towards them. */
    readonly trust?: UpstreamTrust;
  };
  /** false: an `Authorization` header that does not sign in is refused with 403, whatever else the request carries. */
  readonly bearerTokenLoginFallback: boolean;
  readonly skipProviderButton: boolean;
  /** Of the authorization request. */
  readonly loginParameters: readonly LoginParameter[];
  /** Asked at sign-out; may contain `{id_token}`. Empty = nobody. */
  readonly backendLogoutUrl: string;
  /** Set on what goes to an upstream. */
  readonly requestHeaders: readonly HeaderInjection[];
  /** Set on what goes back to the gateway or browser. */
  readonly responseHeaders: readonly HeaderInjection[];
  readonly upstreams: OAuth2ProxyUpstreams;
  /** Signs what goes to an upstream (`GAP-Signature`). */
  readonly signature?: { readonly algorithm: string; readonly key: Secret };
  readonly requestIdHeader: string;
  readonly pages: OAuth2ProxyPagesConfiguration;
  readonly logging?: OAuth2ProxyLogging;
}

export interface HealthConfiguration {
  /** Empty = none. */
  readonly pingPath: string;
  /** When set, a ping must carry exactly it. Empty = any. */
  readonly pingUserAgent: string;
  /** Empty = none. */
  readonly readyPath: string;
  /** `/liveness_check`, `/readiness_check`, and `GoogleHC/1.0` at the ping path. */
  readonly gcp: boolean;
  readonly silencePingLogging: boolean;
}

export interface CallbackConfiguration {
  /** Absolute, a path only, or empty: what it lacks comes from the request. */
  readonly redirectUrl: string;
  /** Send it as it is even without a host. */
  readonly relative: boolean;
}

export interface CsrfConfiguration {
  /** A cookie for each login in flight, named after its state. */
  readonly perRequest: boolean;
  /** At most so many at once; 0 = unlimited. */
  readonly perRequestLimit: number;
  readonly expireSeconds: number;
  /** Absent: as the session cookie's. */
  readonly sameSite?: "Lax" | "Strict" | "None";
}

/** Who may sign in at all, asked at login and on every request. An address and a group must both be right. */
export interface OAuth2ProxyAdmission {
  /** As typed: `*`, `example.com`, `.example.com` and `*.example.com` (sub-domains only). */
  readonly emailDomains: readonly string[];
  /** Path of a file of addresses that may enter besides; read again when it changes. */
  readonly emailsFile?: string;
  /** One of them is needed; empty = none is. */
  readonly groups: readonly string[];
}

export interface HtpasswdConfiguration {
  readonly file: string;
  /** Given to whoever signs in with it. */
  readonly groups: readonly string[];
  /** Show a password form on the sign-in page. */
  readonly showForm: boolean;
  /** The user name is the address too. */
  readonly preferEmailToUser: boolean;
}

export interface SkipAuthRule {
  /** Upper case; absent = every method. */
  readonly method?: string;
  /** Everything that does not match passes. */
  readonly negated: boolean;
  readonly pathPattern: string;
}

/** One parameter of the authorization request. */
export interface LoginParameter {
  readonly name: string;
  /** Sent unless something allowed was asked for. */
  readonly defaults: readonly string[];
  /** What `{prefix}/start` may be asked for; empty = nothing: the defaults are fixed. */
  readonly allow: readonly ({ readonly value: string } | { readonly pattern: string })[];
}

/** A header and what it says. */
export interface HeaderInjection {
  /** As typed. */
  readonly name: string;
  /** Keep what the client sent under this name. Never for responses. */
  readonly preserveRequestValue: boolean;
  /** Remove what the client sent under exactly this name only, not under its other spellings. */
  readonly exactNameOnly: boolean;
  readonly values: readonly HeaderValueSource[];
}

export type HeaderValueSource =
  | {
      readonly kind: "claim";
      /** `user`, `email`, `groups`, `preferred_username`, `access_token`, `id_token`, `refresh_token`, `created_at`, `expires_on`, or an additional claim. */
      readonly claim: string;
      readonly prefix: string;
      /** `Basic` with the claim as user name and this as password. */
      readonly basicAuthPassword?: Secret;
    }
  | { readonly kind: "secret"; readonly value: Secret };

export interface OAuth2ProxyUpstreams {
  /** Match and forward the path as it was sent. */
  readonly proxyRawPath: boolean;
  readonly upstreams: readonly OAuth2ProxyUpstream[];
}

/** What lies behind a path. */
export interface OAuth2ProxyUpstream {
  readonly id: string;
  /** Ends in `/`: a prefix; else exactly this path; a regular expression with `rewriteTarget`. */
  readonly path: string;
  readonly rewriteTarget?: string;
  readonly target: UpstreamTarget;
}

export type UpstreamTarget =
  | HttpUpstreamTarget
  | { readonly kind: "file"; readonly directory: string }
  | { readonly kind: "static"; readonly status: number };

export interface HttpUpstreamTarget {
  readonly kind: "http";
  /** `http://host:port` or `https://host:port`; for a unix socket `http://localhost`. */
  readonly origin: string;
  /** Absent = TCP. */
  readonly socketPath?: string;
  readonly insecureSkipTlsVerify: boolean;
  readonly passHostHeader: boolean;
  readonly proxyWebSockets: boolean;
  /** Wait for the response's head. */
  readonly timeoutSeconds: number;
  readonly disableKeepAlives: boolean;
}

export interface OAuth2ProxyPagesConfiguration {
  /** Folder with `sign_in.html`, `error.html`, `robots.txt`; each may be missing. Empty = none. */
  readonly templatesDir: string;
  /** HTML; `-` = none; empty = the original's default. */
  readonly banner: string;
  /** HTML; `-` = none. */
  readonly footer: string;
  /** A file, an https address, `-` = none; empty = our own. */
  readonly logo: string;
  /** What the button says one signs in with. */
  readonly providerName: string;
  /** Show internal errors. */
  readonly showDebugOnError: boolean;
}

/** The original's log, when anything about it is configured; else our own. */
export interface OAuth2ProxyLogging {
  readonly standard: LogChannel;
  readonly auth: LogChannel;
  readonly request: LogChannel & { readonly excludedPaths: readonly string[] };
  /** Errors go where the rest goes, not to stderr. */
  readonly errorsToInfoLog: boolean;
  readonly localTime: boolean;
  /** Absent = stdout. */
  readonly file?: {
    readonly path: string;
    readonly maxMegabytes: number;
    readonly maxAgeDays: number;
    readonly maxBackups: number;
    readonly compress: boolean;
  };
}

export interface LogChannel {
  readonly enabled: boolean;
  /** A Go template. */
  readonly format: string;
}
