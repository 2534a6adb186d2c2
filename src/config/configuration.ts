import type { Secret } from "../protocol/secret.ts";
import type { ConnectorConfiguration } from "./connector-configuration.ts";
import type { OAuth2ProxyConfiguration } from "./oauth2-proxy-configuration.ts";
import type { ProviderConfiguration } from "./provider-configuration.ts";

/**
 * The one resolved configuration that every dialect (native YAML, oauth2-proxy, dex) is turned into and
 * that `app.ts` composes the program from. All defaults are filled in, all secrets are read.
 */
export interface Configuration {
  /** Which dialect it came from; where it is dex's, the provider answers as dex does. */
  readonly dialect: "native" | "oauth2-proxy" | "dex";
  /** At least one. */
  readonly listeners: readonly Listener[];
  /** `/metrics`, `/healthz`, `/readyz`; empty = off. */
  readonly telemetryListeners: readonly Listener[];
  readonly storage: StorageConfiguration;
  /** Where generated secrets are kept; absent = nothing is written besides the storage. */
  readonly dataDir?: string;
  readonly trustedProxies: TrustedProxiesConfiguration;
  readonly logging: LoggingConfiguration;
  readonly branding: BrandingConfiguration;
  readonly connectors: readonly ConnectorConfiguration[];
  readonly cookie: CookieConfiguration;
  readonly session: SessionConfiguration;
  /** Present when this process is the proxy in the native dialect. */
  readonly proxy?: ProxyConfiguration;
  /** Present when this process stands in for oauth2-proxy. */
  readonly oauth2Proxy?: OAuth2ProxyConfiguration;
  /** Present when this process is the provider. */
  readonly provider?: ProviderConfiguration;
}

/** One socket that is listened on, and what is spoken there. */
export interface Listener {
  readonly address: ListenAddress;
  /** Absent = plain HTTP. */
  readonly tls?: ListenerTls;
}

export type ListenAddress = TcpAddress | UnixAddress | InheritedSocket;

export interface TcpAddress {
  readonly kind: "tcp";
  /** Host name or IP address, without brackets. */
  readonly host: string;
  /** 0 to 65535; 0 = any free port. */
  readonly port: number;
}

export interface UnixAddress {
  readonly kind: "unix";
  readonly path: string;
  /** Permission bits of the socket file, such as 0o660; absent = by umask. */
  readonly mode?: number;
}

/** A listening socket that was opened by whoever started the process, such as systemd. */
export interface InheritedSocket {
  readonly kind: "fd";
  readonly fd: number;
}

/** Certificate and key are read again when their files change. */
export interface ListenerTls {
  readonly certificate: PemSource;
  readonly key: PemSource;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  /** Absent = the newest there is. */
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  /** TLS 1.2 cipher suites by their OpenSSL names; empty = the runtime's. TLS 1.3's cannot be chosen. */
  readonly ciphers: readonly string[];
}

export type PemSource = { readonly file: string } | { readonly text: Secret };

export type StorageConfiguration =
  | { readonly type: "memory" }
  | { readonly type: "sqlite"; readonly file: string }
  | SqlServerConfiguration;

/** A database server, with the tables that dex makes. */
export interface SqlServerConfiguration {
  readonly type: "postgres" | "mysql";
  /** Host name or address without brackets, or the path of a socket: for PostgreSQL its folder, for MySQL the socket itself. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: Secret;
  /** 0 = the driver's own. */
  readonly connectionTimeoutSeconds: number;
  /** At least 1. */
  readonly maxOpenConnections: number;
  readonly maxIdleConnections: number;
  /** A connection is closed after it; 0 = never. */
  readonly maxLifetimeSeconds: number;
  /** Absent = plain text. */
  readonly tls?: SqlServerTls;
}

export interface SqlServerTls {
  /** `encrypt`: any certificate will do; `authority`: one of a known authority; `full`: and for this host. */
  readonly verify: "encrypt" | "authority" | "full";
  /** PEM texts; empty = the system's authorities, no client certificate. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: Secret;
}

/**
 * Whose forwarding headers (`X-Forwarded-*`, `X-Original-*`, the client address) are believed.
 * An empty list = nobody's; `0.0.0.0/0` and `::/0` = everybody's.
 */
export interface TrustedProxiesConfiguration {
  /** IP addresses or CIDR ranges. */
  readonly ranges: readonly string[];
  /** In lower case: where the addresses of clients stand; absent = `x-forwarded-for`. */
  readonly header?: string;
}

export interface LoggingConfiguration {
  /** `auto`: plain text when stdout is a terminal, JSON otherwise. */
  readonly format: "auto" | "json" | "text";
  readonly level: "debug" | "info" | "warn" | "error";
  /** `slog`: lines as dex writes them, to standard error. Absent = our own, to standard output. */
  readonly style?: "slog";
  /** Names of fields that are never written. */
  readonly excludeFields?: readonly string[];
}

export interface BrandingConfiguration {
  /** Product name on the pages. Default `Gatehouse`. */
  readonly name: string;
  /** Path of an SVG or PNG file, served by us. */
  readonly logoFile?: string;
  /** CSS colour `#rrggbb`. */
  readonly accent?: string;
  /** Plain text under every page. */
  readonly footer?: string;
  /** Path of one CSS file that is added after our own. */
  readonly stylesheetFile?: string;
}

export interface CookieConfiguration {
  /** Without a prefix; `__Host-` or `__Secure-` is added where allowed when `prefix` is true. */
  readonly name: string;
  readonly prefix: boolean;
  /** Domains the session cookie may be set for, longest match for the request's host wins; empty = host-only. Without leading dots. */
  readonly domains: readonly string[];
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  /** Absent: the attribute is not sent. */
  readonly sameSite?: "Lax" | "Strict" | "None";
}

export type SessionConfiguration = RecordSessionConfiguration | SealedSessionConfiguration | TicketSessionConfiguration;

/** The record lies in the store, the cookie holds an id and a secret. */
export interface RecordSessionConfiguration {
  readonly kind: "record";
  readonly idleSeconds: number;
  readonly lifetimeSeconds: number;
  /** How long a process may serve a verified session without asking the store; 0 to 10. */
  readonly cacheSeconds: number;
}

/** The whole session lies in the cookie, in oauth2-proxy's format. */
export interface SealedSessionConfiguration extends OriginalSessionLimits {
  readonly kind: "oauth2-proxy-cookie";
  /** Tokens are left out of the cookie. */
  readonly minimal: boolean;
}

/** The session lies in Redis under the ticket that the cookie holds, both in oauth2-proxy's format. */
export interface TicketSessionConfiguration extends OriginalSessionLimits {
  readonly kind: "oauth2-proxy-redis";
  readonly redis: RedisConfiguration;
  /** How long a process may serve a session without asking Redis; 0 to 10. */
  readonly cacheSeconds: number;
}

/** What both of oauth2-proxy's session stores share. */
export interface OriginalSessionLimits {
  /** As typed: its bytes are the HMAC key, its decoded form the AES key (oauth2-proxy reference §5.1). */
  readonly secret: Secret;
  /** Age limit; 0 = browser session without a server-side limit. */
  readonly expireSeconds: number;
  /** Age after which the identity is refreshed; 0 = never. */
  readonly refreshSeconds: number;
}

export interface RedisConfiguration {
  readonly topology:
    | { readonly kind: "single"; readonly url: string }
    | { readonly kind: "cluster"; readonly urls: readonly string[] }
    | {
        readonly kind: "sentinel";
        readonly masterName: string;
        readonly urls: readonly string[];
        readonly sentinelPassword: Secret;
      };
  /** Win over what the URLs say; empty = what the URLs say. */
  readonly username: string;
  readonly password: Secret;
  /** PEM file that is trusted besides the system's authorities. */
  readonly caFile?: string;
  readonly insecureSkipTlsVerify: boolean;
  /** Idle connections are closed after it; 0 = never. */
  readonly idleTimeoutSeconds: number;
}

export interface ProxyConfiguration {
  /** Where people reach Gatehouse: an origin. */
  readonly publicUrl: string;
  /** Root of the proxy's own endpoints, default `/oauth2`. */
  readonly pathPrefix: string;
  /** Who may sign in at all, checked at login and on every request. */
  readonly admission: Allow;
  /** First match wins; no match = denied. */
  readonly apps: readonly AppConfiguration[];
  /** Hosts that a return target may name besides the apps': `host`, `.suffix` (sub-domains and the host itself), each with an optional `:port` or `:*`. */
  readonly returnHosts: readonly string[];
}

/** Who may pass. Fields are alternatives: one that matches is enough. */
export interface Allow {
  readonly everyone: boolean;
  readonly groups: readonly string[];
  /** Lower case. */
  readonly emails: readonly string[];
  /** Lower case: `example.com` exactly, `.example.com` and `*.example.com` sub-domains only, `*` any. */
  readonly emailDomains: readonly string[];
}

export type Access = { readonly kind: "public" } | { readonly kind: "allow"; readonly allow: Allow };

export interface AppConfiguration {
  /** Lower case, without default port: `wiki.example.com`, `*.example.com` (one or more labels). */
  readonly host: string;
  readonly name: string;
  readonly access: Access;
  /** First match wins, before `access`. */
  readonly rules: readonly AccessRule[];
  /** Only when Gatehouse itself is the reverse proxy: an http or https origin. */
  readonly upstream?: UpstreamConfiguration;
}

export interface UpstreamConfiguration {
  /** `http://host:port` or `https://host:port`, without a path. */
  readonly origin: string;
  /** How long to wait for the response's head. */
  readonly timeoutSeconds: number;
  /** Send the client's Host header on (default), or the upstream's own name. */
  readonly passHost: boolean;
}

export interface AccessRule {
  /** Anchored: `/healthz` exactly, `/admin/**` the path itself and everything below, `*` within one segment. */
  readonly paths: readonly string[];
  /** Upper case; empty = every method. */
  readonly methods: readonly string[];
  readonly access: Access;
}
