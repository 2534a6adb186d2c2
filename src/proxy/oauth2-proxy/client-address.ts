import { hopsOf, normalizeAddress } from "../../http/client-address.ts";
import type { RequestScope } from "./request-scope.ts";

export interface ClientAddressRules {
  /** Which header names the client's address, such as `X-Real-IP`. */
  readonly realClientIpHeader: string;
  readonly trustedProxies: { trusts(address: string): boolean };
}

/**
 * The address of the client: the peer's, or, when a trusted hop says so in the configured header, the rightmost address there that is
 * not a trusted proxy's. Everything to the left of it was written by the client and is not believed.
 *
 * Not `TrustedProxies.clientAddress`, which always knows one: as in the original, trusted addresses are let in without signing in, so
 * a hop that is no address leaves the client unknown, instead of taking the gateway before it for the client.
 *
 * @returns undefined when it is not known, or the header holds no address: then nobody is let in for it.
 */
export function clientAddressOf(rules: ClientAddressRules, scope: RequestScope): string | undefined {
  const peer = scope.peer.address();
  const header = scope.isForwarded ? scope.request.headers.get(rules.realClientIpHeader) : null;
  if (header === null) return peer === "" ? undefined : peer;
  let client: string | undefined;
  for (const hop of hopsOf(header)) {
    client = normalizeHop(hop);
    if (client === undefined || !rules.trustedProxies.trusts(client)) return client;
  }
  return client;
}

/** An address with a zone belongs to another machine's interface; one in brackets must have a port, as in the original. */
function normalizeHop(hop: string): string | undefined {
  return hop.includes("%") || hop.endsWith("]") ? undefined : normalizeAddress(hop);
}
