import type { Login } from "../../../protocol/identity.ts";
import { ConnectorError } from "../../connector-error.ts";
import type { OidcUpstream } from "../oidc-upstream.ts";
import { reasonOf } from "../renewal-error.ts";
import { askUpstream } from "../upstream-request.ts";
import type { OidcVendor } from "./vendor.ts";
import { verifyToken } from "./verify-token.ts";

/**
 * Is a login still good? One that was renewed just now is, unless there is an endpoint to ask and it says no: its ID token may be
 * an old one. Any other is as long as its ID token holds.
 *
 * @throws {ConnectorError} `unreachable` when keys or endpoint cannot be asked.
 */
export async function validate(
  upstream: OidcUpstream,
  vendor: OidcVendor,
  login: Login,
  renewed: boolean,
): Promise<boolean> {
  if (renewed) return askValidateEndpoint(upstream, login);
  const { idToken } = login.tokens;
  if (idToken === undefined) return false;
  const metadata = await upstream.discovery.get();
  try {
    const claims = await verifyToken(upstream, metadata, upstream.configuration, idToken);
    const problem = vendor.findProblem?.(claims);
    if (problem !== undefined) upstream.log.warn("session is not valid any more", { reason: problem });
    return problem === undefined;
  } catch (error) {
    if (!(error instanceof ConnectorError) || error.reason !== "untrusted") throw error;
    upstream.log.info("session is not valid any more", { reason: reasonOf(error) });
    return false;
  }
}

/**
 * Ask the configured endpoint about the access token; without one there is nothing against it.
 * @throws {ConnectorError} `unreachable`.
 */
export async function askValidateEndpoint(
  upstream: OidcUpstream,
  login: Login,
  url = configured(upstream),
): Promise<boolean> {
  const { accessToken } = login.tokens;
  if (url === "") return true;
  if (accessToken === undefined) return false;
  const headers = { Authorization: `Bearer ${accessToken}` };
  const { status } = await askUpstream(upstream.fetch, { what: "the validation endpoint", url, headers });
  if (status !== 200) upstream.log.info("session is not valid any more", { reason: `validation answered ${status}` });
  return status === 200;
}

function configured({ configuration }: OidcUpstream): string {
  return configuration.endpoints?.validate ?? "";
}
