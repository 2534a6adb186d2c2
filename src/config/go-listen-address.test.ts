import { describe, expect, test } from "bun:test";
import { parseGoListenAddress } from "./go-listen-address.ts";

describe("parseGoListenAddress", () => {
  const good: readonly [string, string, number][] = [
    ["127.0.0.1:4180", "127.0.0.1", 4180],
    ["[::1]:4180", "::1", 4180],
    [":4180", "::", 4180],
    ["localhost:0", "localhost", 0],
  ];
  test.each(good)("%p", (text, host, port) => {
    expect(parseGoListenAddress(text)).toEqual({ address: { kind: "tcp", host, port } });
  });

  const bad: readonly [string, string][] = [
    ["nonsense", "address nonsense: missing port in address"],
    ["[::1]", "address [::1]: missing port in address"],
    ["::1:4180", "address ::1:4180: too many colons in address"],
    ["127.0.0.1:65536", "address 65536: invalid port"],
    ["127.0.0.1:http", "address http: invalid port"],
    ["a b:80", "lookup a b: no such host"],
  ];
  test.each(bad)("%p is refused", (text, error) => {
    expect(parseGoListenAddress(text)).toEqual({ error });
  });
});
