import { createTrustedProxies } from "../../http/client-address.ts";
import type { Peer } from "../../http/handler.ts";
import { PRIVATE_RANGES } from "../../protocol/private-ranges.ts";
import { createAddressLimit } from "../address-limit.ts";
import type { ProviderContext } from "../provider-deps.ts";

/**
 * Notes that a request is about to be stored.
 *
 * @throws {PublicError} 429 when too many came from its address.
 */
export type CountRequest = (request: Request, peer: Peer) => void;

/**
 * Bounds what one address can have stored: anybody may begin an authorization, and the rows stay for a day.
 *
 * At most 10,000 in ten minutes, which a large office behind one address does not reach. A peer on a private network that does not say
 * whom it speaks for is a gateway whose header is not trusted; it stands for everybody, and counting it would let one stranger keep all
 * of them out. So it is not counted: the header has to be trusted (`web.clientRemoteIP`, `trustedProxies`) for this bound to hold.
 */
export function createRequestCount(provider: ProviderContext): CountRequest {
  const limit = createAddressLimit(provider.clock, {
    times: 10_000,
    windowSeconds: 600,
    code: "too_many_requests",
    publicMessage: "Too many sign-ins were begun from this address. Wait a few minutes, then try again.",
  });
  const privateNetworks = createTrustedProxies(PRIVATE_RANGES);
  return (request, peer) => {
    const address = provider.clientAddress(request, peer);
    if (address === "" || (address === peer.address() && privateNetworks.trusts(address))) return;
    limit.check(address);
    limit.count(address);
  };
}
