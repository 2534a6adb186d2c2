import type { Identity, Login } from "../../../protocol/identity.ts";
import { ConnectorError } from "../../connector-error.ts";
import type { Claims } from "../identity-claims.ts";
import type { OidcUpstream } from "../oidc-upstream.ts";
import { reasonOf } from "../renewal-error.ts";
import { untrusted } from "../upstream-request.ts";
import { tokenOnly } from "./claim-sources.ts";
import { identify } from "./identify.ts";
import type { OidcVendor } from "./vendor.ts";
import { verifyToken } from "./verify-token.ts";

/** Sign in with a token that a client presents: its claims are all there is, and who has no address is known by `sub`. */
export function verifyBearer(upstream: OidcUpstream, vendor: OidcVendor, token: string): Promise<Login | undefined> {
  return signInWith(upstream, token, async () => {
    const claims = await verifyToken(upstream, await upstream.discovery.get(), upstream.configuration, token);
    const problem = vendor.findProblem?.(claims);
    if (problem !== undefined) throw new ConnectorError("denied", "This token does not sign in.", new Error(problem));
    const identity = await identify(upstream, tokenOnly(claims));
    const known = { ...identity, email: identity.email || identity.userId };
    return [vendor.enrichBearer?.(known, claims) ?? known, claims];
  });
}

/**
 * Who is nobody is let in by no rule about addresses, and kept out by none.
 *
 * @param read who the token signs in, and its claims.
 * @returns undefined when the token does not hold, or cannot be looked at now: it then signs nobody in.
 */
export async function signInWith(
  { log }: Pick<OidcUpstream, "log">,
  token: string,
  read: () => Promise<readonly [Identity, Claims]>,
): Promise<Login | undefined> {
  try {
    const [identity, { exp }] = await read();
    if (identity.email === "") throw untrusted("the token names nobody: it has neither an address nor sub");
    return {
      identity,
      tokens: { accessToken: token, idToken: token, ...(typeof exp === "number" && { expiresAt: exp }) },
    };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const write = error.reason === "unreachable" ? log.warn : log.debug;
    write("bearer token refused", { reason: reasonOf(error) });
    return undefined;
  }
}
