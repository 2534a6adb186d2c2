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

/** Read the address of a Redis server: `redis://[user[:password]@]host[:port][/db]`, `rediss://…`, `unix://…/path[?db=N]`. */
export function parseRedisUrl(text: string): ParsedRedisUrl {
  const parsed = parseGoUrl(text);
  if ("error" in parsed) return { error: parsed.error.replace(/^parse "(?:[^"\\]|\\.)*": /, "") };
  const { scheme, host, path } = parsed.url;
  if (scheme !== "redis" && scheme !== "rediss" && scheme !== "unix") {
    return { error: `redis: invalid URL scheme: ${scheme}` };
  }
  const database = new URLSearchParams(/\?([^#]*)/.exec(text)?.[1] ?? "").get("db");
  if (database !== null && !/^\d+$/.test(database)) return { error: "redis: invalid db number" };
  const credentials = readCredentials(text);
  if (scheme === "unix") {
    if (path.trim() === "") return { error: "redis: empty unix socket path" };
    return { url: { scheme, address: path, database: database === null ? "" : `?db=${database}`, ...credentials } };
  }
  const [number = "", ...more] = path.split("/").filter((part) => part !== "");
  if (more.length > 0) return { error: "redis: invalid URL path" };
  if (!/^\d*$/.test(number)) return { error: `redis: invalid database number: ${JSON.stringify(number)}` };
  const chosen = database ?? number;
  return { url: { scheme, address: withDefaults(host), database: chosen === "" ? "" : `/${chosen}`, ...credentials } };
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
