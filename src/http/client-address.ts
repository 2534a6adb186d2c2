import { BlockList, isIP, isIPv4 } from "node:net";

import type { Peer } from "./handler.ts";

/** Which peers' forwarding headers are believed. */
export interface TrustedProxies {
  /** Is this address one of a trusted proxy? */
  trusts(address: string): boolean;
  /**
   * The address of the client itself: the peer, or, when the peer is trusted, the rightmost address of the header
   * that is not a trusted proxy's. A malformed hop stops the walk, so a client cannot hide behind garbage.
   */
  clientAddress(request: Request, peer: Peer): string;
}

/**
 * @param ranges IP addresses or CIDR ranges; empty = nobody is trusted.
 * @param header where trusted proxies write addresses, in lower case.
 * @throws {RangeError} naming an entry that is neither.
 */
export function createTrustedProxies(ranges: readonly string[], header = "x-forwarded-for"): TrustedProxies {
  const list = new BlockList();
  for (const range of ranges) addRange(list, range);
  const everybody = ranges.includes("0.0.0.0/0") && ranges.includes("::/0");
  const known = new Map<string, boolean>();
  const trusts = (address: string): boolean => {
    if (ranges.length === 0) return false;
    if (everybody) return true;
    let result = known.get(address);
    if (result === undefined) {
      result = isIP(address) !== 0 && list.check(address, isIPv4(address) ? "ipv4" : "ipv6");
      if (known.size > 4096) known.clear();
      known.set(address, result);
    }
    return result;
  };
  return { trusts, clientAddress: (request, peer) => clientAddress(trusts, request.headers.get(header) ?? "", peer) };
}

function clientAddress(trusts: (address: string) => boolean, header: string, peer: Peer): string {
  let client = peer.address();
  if (!trusts(client)) return client;
  for (const hop of hopsOf(header)) {
    const address = normalizeAddress(hop);
    if (address === undefined) return client;
    client = address;
    if (!trusts(client)) return client;
  }
  return client;
}

/** Longest chain of hops that is walked. */
const MAX_HOPS = 32;

/** The hops that a forwarding header names, the last one, which is the next to us, first. */
export function hopsOf(header: string): readonly string[] {
  return header
    .split(",")
    .slice(-MAX_HOPS)
    .reverse()
    .map((hop) => hop.trim());
}

/** An IP address without port, brackets, zone or IPv4-mapping; undefined when it is none. */
export function normalizeAddress(text: string): string | undefined {
  const unbracketed =
    /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? (/^[\d.]+:\d+$/.test(text) ? text.slice(0, text.indexOf(":")) : text);
  const withoutZone = unbracketed.replace(/%.*$/, "");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(withoutZone)?.[1];
  const address = mapped ?? withoutZone;
  return isIP(address) === 0 ? undefined : address;
}

function addRange(list: BlockList, range: string): void {
  const [address = "", prefix] = range.split("/");
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  const bits = prefix === undefined ? undefined : Number(prefix);
  const widest = family === "ipv6" ? 128 : 32;
  if (isIP(address) === 0 || (bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= widest))) {
    throw new RangeError(`"${range}" is neither an IP address nor a CIDR range`);
  }
  if (bits === undefined) list.addAddress(address, family);
  else list.addSubnet(address, bits, family);
}
