import { parseGoUrl } from "./go-url.ts";

/** Where a Redis server is, and who asks it. */
export interface RedisUrl {
  readonly scheme: "redis" | "rediss" | "unix";
  /** `host:port`, or the path of a socket. */
  readonly address: string;
  /** `/N`, for a socket `?db=N`; empty = the first. */
  readonly database: string;
  readonly username: string;
  readonly password: string;
}

/** An address, or what the original's client would have said about it, without repeating it: it may hold a password. */
export type ParsedRedisUrl = { readonly url: RedisUrl } | { readonly error: string };

const DEFAULT_PORT = "6379";

/** Read what somebody wrote as the address of a Redis server, as the original's client does: `redis://[user[:password]@]host[:port][/db]`, `rediss://…`, `unix://…/path[?db=N]`. */
export function parseRedisUrl(text: string): ParsedRedisUrl {
  const parsed = parseGoUrl(text);
  if ("error" in parsed) return { error: parsed.error.replace(/^parse "(?:[^"\\]|\\.)*": /, "") };
  const { scheme, host, path } = parsed.url;
  const query = new URLSearchParams(/\?([^#]*)/.exec(text)?.[1] ?? "").get("db");
  if (query !== null && !/^\d+$/.test(query)) return { error: "redis: invalid db number" };
  const found = { path, query: query ?? "", credentials: readCredentials(text) };
  if (scheme === "unix") return socketUrl(found);
  if (scheme === "redis" || scheme === "rediss") return serverUrl({ ...found, scheme, host });
  return { error: `redis: invalid URL scheme: ${scheme}` };
}

interface Found {
  readonly path: string;
  /** Number of the database; empty = not said here. */
  readonly query: string;
  readonly credentials: Pick<RedisUrl, "username" | "password">;
}

function socketUrl({ path, query, credentials }: Found): ParsedRedisUrl {
  if (path.trim() === "") return { error: "redis: empty unix socket path" };
  const database = query === "" ? "" : `?db=${query}`;
  return { url: { scheme: "unix", address: path, database, ...credentials } };
}

function serverUrl(found: Found & Pick<RedisUrl, "scheme"> & { readonly host: string }): ParsedRedisUrl {
  const [number = "", ...more] = found.path.split("/").filter((part) => part !== "");
  if (more.length > 0) return { error: "redis: invalid URL path" };
  if (!/^\d*$/.test(number)) return { error: `redis: invalid database number: ${JSON.stringify(number)}` };
  const chosen = found.query || number;
  const database = chosen === "" ? "" : `/${chosen}`;
  return { url: { scheme: found.scheme, address: withDefaults(found.host), database, ...found.credentials } };
}

function withDefaults(host: string): string {
  const [, name = "", port = ""] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(host) ?? [];
  return `${name === "" ? "localhost" : name}:${port === "" ? DEFAULT_PORT : port}`;
}

function readCredentials(text: string): Pick<RedisUrl, "username" | "password"> {
  const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(text)?.[1] ?? "";
  const userinfo = authority.slice(0, Math.max(0, authority.lastIndexOf("@")));
  const colon = userinfo.indexOf(":");
  const [username, password] = colon === -1 ? [userinfo, ""] : [userinfo.slice(0, colon), userinfo.slice(colon + 1)];
  return { username: decode(username), password: decode(password) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
