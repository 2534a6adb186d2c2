import { describe, expect, test } from "bun:test";

import { parseRedisUrl } from "./redis-url.ts";

describe("parseRedisUrl", () => {
  const urls: readonly [string, readonly [string, string, string, string, string]][] = [
    ["redis://redis", ["redis", "redis:6379", "", "", ""]],
    ["redis://:p%40ss@redis:6380/2", ["redis", "redis:6380", "/2", "", "p@ss"]],
    ["rediss://user:p@ss@[::1]/?db=3", ["rediss", "[::1]:6379", "/3", "user", "p@ss"]],
    ["redis://", ["redis", "localhost:6379", "", "", ""]],
    ["unix://user:pass@/run/redis.sock?db=1", ["unix", "/run/redis.sock", "?db=1", "user", "pass"]],
  ];
  test.each(urls)("%j", (text, [scheme, address, database, username, password]) => {
    expect(parseRedisUrl(text)).toEqual({
      url: { scheme: scheme as "redis", address, database, username, password }, // the table's words are schemes
    });
  });

  const wrong: readonly [string, string][] = [
    ["", "redis: invalid URL scheme: "],
    ["http://redis", "redis: invalid URL scheme: http"],
    ["redis://redis/x", 'redis: invalid database number: "x"'],
    ["redis://redis/1/2", "redis: invalid URL path"],
    ["redis://redis?db=x", "redis: invalid db number"],
    ["unix://", "redis: empty unix socket path"],
    ["redis://user:s3cr3t@[redis", "missing ']' in host"],
  ];
  test.each(wrong)("%j is refused", (text, error) => {
    expect(parseRedisUrl(text)).toEqual({ error });
  });
});
