import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

import type { Secret } from "../../protocol/secret.ts";

/** Where Redis is and how to get in, as `redis-store` needs it. */
export interface RedisServers {
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
  /** PEM file that is trusted besides the public authorities. It and `insecureSkipTlsVerify` turn TLS on whatever the URL says. */
  readonly caFile?: string;
  readonly insecureSkipTlsVerify: boolean;
  /** An unused connection is closed after it; 0 = never. */
  readonly idleTimeoutSeconds: number;
}

/** One server's address as a URL says it. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  /** Path of a unix socket, in place of host and port. */
  readonly path?: string;
  readonly tls: boolean;
  readonly username: string;
  readonly password: string;
  readonly database: number;
}

/** A Redis URL, or a file that it needs, is not usable. The message names what is wrong without showing the URL, which may hold a password. */
export class RedisAddressError extends Error {}

/**
 * Read a URL of {@link RedisServers}: `redis://[user:password@]host[:port][/database]`, `rediss://…` for TLS,
 * `unix://[user:password@]/path[?db=N]`. What people may write in its place is the configuration's business.
 *
 * @throws {RedisAddressError}
 */
export function parseRedisAddress(text: string): RedisAddress {
  const url = parseUrl(text);
  const credentials = { username: decode(url.username), password: decode(url.password) };
  if (url.protocol === "unix:") {
    const database = databaseOf(url.searchParams.get("db") ?? "");
    return { host: "localhost", port: 0, path: decode(url.pathname), tls: false, ...credentials, database };
  }
  const database = databaseOf(url.pathname.replace(/^\//, "") || (url.searchParams.get("db") ?? ""));
  const host = url.hostname.replace(/^\[|\]$/g, "") || "localhost";
  return { host, port: Number(url.port || 6379), tls: url.protocol === "rediss:", ...credentials, database };
}

/** What a TLS connection to Redis trusts; undefined without TLS. */
export interface RedisTls {
  readonly tls: true;
  readonly ca?: readonly string[];
  readonly rejectUnauthorized: boolean;
}

/** @throws {RedisAddressError} when the file of authorities cannot be read. */
export function redisTls(servers: RedisServers, addresses: readonly RedisAddress[]): RedisTls | undefined {
  const { caFile, insecureSkipTlsVerify } = servers;
  if (caFile === undefined && !insecureSkipTlsVerify && !addresses.some(({ tls }) => tls)) return undefined;
  const ca = caFile === undefined ? {} : { ca: [...rootCertificates, readCertificates(caFile)] };
  return { tls: true, ...ca, rejectUnauthorized: !insecureSkipTlsVerify };
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !["redis:", "rediss:", "unix:"].includes(url.protocol)) {
    throw new RedisAddressError("a Redis URL has to look like redis://[user:password@]host[:port][/database]");
  }
  return url;
}

function databaseOf(text: string): number {
  if (!/^\d{0,5}$/.test(text)) throw new RedisAddressError("the database in a Redis URL has to be a number");
  return Number(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that stands for itself
  }
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new RedisAddressError(`the certificates for Redis cannot be read: ${String(error)}`);
  }
}
