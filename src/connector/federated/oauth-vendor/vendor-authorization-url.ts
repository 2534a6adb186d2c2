import { goQuery } from "../../../protocol/go-query.ts";
import type { LoginTransaction } from "../../connector.ts";
import { checkRedirectUri, type VendorClient } from "./vendor-client.ts";

export interface AuthorizationRequest {
  /** Empty: the parameter is left out. */
  readonly scopes: readonly string[];
  /** Default: yes. */
  readonly sendsRedirectUri?: boolean;
  /** The vendor's own parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/**
 * The authorization request (RFC 6749 §4.1.1) with dex's parameters: nothing of the client's own request goes on to the upstream.
 *
 * @throws {ConnectorError} `unreachable` when the configured callback is another one, or the endpoint is no URL.
 */
export function vendorAuthorizationUrl(
  client: VendorClient,
  login: LoginTransaction,
  { scopes, sendsRedirectUri = true, parameters = {} }: AuthorizationRequest,
): URL {
  checkRedirectUri(client, login);
  const query = goQuery(
    Object.entries({
      response_type: "code",
      client_id: client.configuration.clientId,
      ...(sendsRedirectUri && { redirect_uri: login.redirectUri }),
      ...(scopes.length > 0 && { scope: scopes.join(" ") }),
      state: login.state,
      ...parameters,
    }),
  );
  const { authorization } = client.endpoints;
  return new URL(`${authorization}${authorization.includes("?") ? "&" : "?"}${query}`);
}
