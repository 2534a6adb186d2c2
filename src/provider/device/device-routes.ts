import type { Peer, Route } from "../../http/handler.ts";
import { withShownErrors } from "../authorize/shown-error.ts";
import type { ProviderContext } from "../provider-deps.ts";
import { deviceTokenAlias } from "../token/token-endpoint.ts";
import { createAddressLimit } from "../address-limit.ts";
import { deviceAuthorization } from "./device-authorization.ts";
import { deviceCallback } from "./device-callback.ts";
import { devicePage } from "./device-page.ts";
import { DEVICE_CODE_GRANT } from "./device-state.ts";
import { type Caller, verifyUserCode } from "./verify-user-code.ts";

/**
 * The endpoints of the device flow, below the issuer's path; none when no device would get tokens.
 *
 * Where all requests seem to come from one address, because a gateway in front is not trusted, its clients share the bounds, so these
 * are generous: 1,000 new devices, and 100 wrong user codes, in ten minutes.
 */
export function deviceRoutes(provider: ProviderContext): readonly Route[] {
  if (!provider.configuration.grantTypes.includes(DEVICE_CODE_GRANT)) return [];
  const guesses = createAddressLimit(provider.clock, {
    times: 100,
    windowSeconds: 600,
    code: "device_code_throttled",
    publicMessage: "Too many wrong codes. Wait a few minutes, then try again.",
  });
  const devices = createAddressLimit(provider.clock, {
    times: 1000,
    windowSeconds: 600,
    code: "too_many_devices",
    publicMessage: "Too many devices ask from this address. Wait a few minutes, then try again.",
  });
  const page = (path: string, step: (caller: Caller) => Response | Promise<Response>): Route => ({
    path,
    handle: (request, peer) =>
      withShownErrors(provider, request, async () => step({ request, address: address(request, peer), guesses })),
  });
  const address = (request: Request, peer: Peer): string => provider.clientAddress(request, peer);
  return [
    {
      path: "/device/code",
      handle: (request, peer) =>
        deviceAuthorization(provider, request, { address: address(request, peer), limit: devices }),
    },
    page("/device", ({ request }) => devicePage(provider, request)),
    page("/device/auth/verify_code", (caller) => verifyUserCode(provider, caller)),
    page("/device/callback", (caller) => deviceCallback(provider, caller)),
    { path: "/device/token", handle: (request, peer) => deviceTokenAlias(provider, request, peer) },
  ];
}
