import { describe, expect, test } from "bun:test";

import { createTrustedProxies, normalizeAddress } from "./client-address.ts";

const proxies = createTrustedProxies(["10.0.0.0/8", "fd00::/8", "192.0.2.7"]);
const clientOf = (peer: string, forwardedFor?: string): string =>
  proxies.clientAddress(
    new Request("http://host/", forwardedFor === undefined ? {} : { headers: { "x-forwarded-for": forwardedFor } }),
    { address: () => peer },
  );

describe("client address", () => {
  test.each([
    ["an untrusted peer is the client, whatever it says", "203.0.113.9", "1.1.1.1", "203.0.113.9"],
    ["a trusted peer names the client", "10.0.0.1", "203.0.113.5", "203.0.113.5"],
    [
      "the walk is from the right: what a client wrote in front is not believed",
      "10.0.0.1",
      "1.1.1.1, 203.0.113.5, 10.2.3.4",
      "203.0.113.5",
    ],
    ["only trusted hops: the leftmost", "10.0.0.1", "10.0.0.9, 10.0.0.8", "10.0.0.9"],
    ["a malformed hop stops the walk", "10.0.0.1", "203.0.113.5, unknown, 10.0.0.8", "10.0.0.8"],
    ["ports, brackets and mapped addresses", "fd00::1", "[2001:db8::5]:4711", "2001:db8::5"],
    ["no header", "192.0.2.7", undefined, "192.0.2.7"],
  ])("%s", (_name, peer, header, expected) => expect(clientOf(peer, header)).toBe(expected));

  test("nobody is trusted by default, everybody only when both families say so", () => {
    expect(createTrustedProxies([]).trusts("127.0.0.1")).toBe(false);
    expect(createTrustedProxies(["0.0.0.0/0", "::/0"]).trusts("203.0.113.1")).toBe(true);
    expect(createTrustedProxies(["0.0.0.0/0"]).trusts("2001:db8::1")).toBe(false);
  });

  test("another header, where the proxy writes to that one", () => {
    const { clientAddress } = createTrustedProxies(["10.0.0.0/8"], "x-real-ip");
    const headers = { "x-real-ip": "203.0.113.5", "x-forwarded-for": "1.1.1.1" };
    expect(clientAddress(new Request("http://host/", { headers }), { address: () => "10.0.0.1" })).toBe("203.0.113.5");
  });

  test("an entry that is no range is refused by name", () => {
    expect(() => createTrustedProxies(["10.0.0.0/33"])).toThrow('"10.0.0.0/33" is neither');
    expect(() => createTrustedProxies(["gateway"])).toThrow('"gateway" is neither');
  });

  test("normalizeAddress", () => {
    expect(["1.2.3.4:80", "::ffff:1.2.3.4", "fe80::1%eth0", "evil", ""].map(normalizeAddress)).toEqual([
      "1.2.3.4",
      "1.2.3.4",
      "fe80::1",
      undefined,
      undefined,
    ]);
  });
});
